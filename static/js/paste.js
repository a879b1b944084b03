// Paste to record: another candidate goes into its field; what stood there can still be had back by undo.
import { near } from "./tools.js";

function fill(button) {
  const form = (button.closest("dialog") ?? document).querySelector("form[data-form]");
  const control = form?.elements.namedItem(button.dataset.fill);
  const shown = form?.elements.namedItem(`${button.dataset.fill}__text`) ?? control;
  if (!(shown instanceof HTMLElement)) return;
  const before = shown.value;
  shown.value = button.value;
  shown.focus();
  shown.dispatchEvent(new Event("input", { bubbles: true }));
  if (before && shown === control) button.value = button.textContent = before;
}

export function start() {
  document.addEventListener("click", (event) => {
    const button = near(event, "[data-fill]");
    if (button) fill(button);
  });
}

// Choices that depend on another field of the same form: only those that go with its value are offered.
// What is chosen already stays chosen: the server says when it does not fit.
import { near } from "./tools.js";

function narrow(select) {
  const parent = select.form?.elements.namedItem(select.dataset.depends);
  if (!parent || !("value" in parent)) return;
  const fitting = JSON.parse(select.dataset.allowed)[parent.value];
  for (const option of select.options) {
    const isOffered = !option.value || option.selected || !fitting || fitting.includes(option.value);
    option.hidden = !isOffered;
    option.disabled = !isOffered;
  }
}

const narrowAll = (root) => root.querySelectorAll("select[data-depends]").forEach(narrow);

// A column of the table of an administrator is ticked at once, or emptied where all are.
function tickColumn(button) {
  const boxes = [...button.closest("table").querySelectorAll(`input[name="${CSS.escape(button.dataset.ticks)}"]`)];
  const isOn = boxes.some((box) => !box.checked);
  boxes.forEach((box) => (box.checked = isOn));
  boxes[0]?.dispatchEvent(new Event("input", { bubbles: true }));
}

export function start() {
  narrowAll(document);
  document.addEventListener("change", (event) => event.target.form && narrowAll(event.target.form));
  document.addEventListener("htmx:load", (event) => narrowAll(event.target));
  document.addEventListener("click", (event) => {
    const button = near(event, "[data-ticks]");
    if (button) tickColumn(button);
  });
}

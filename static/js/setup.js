// The rights page: bars follow the chosen scope, a whole section is set at once, changes are counted.
import { near } from "./tools.js";

function recount(form) {
  const scopes = [...form.querySelectorAll("select[data-reach]")].filter((one) => {
    const isChanged = [...one.options].some((option) => option.selected !== option.defaultSelected);
    one.closest(".reach").classList.toggle("changed", isChanged);
    return isChanged;
  });
  const ticks = [...form.querySelectorAll("input[type=radio]:checked, input[type=checkbox]")].filter((one) => one.checked !== one.defaultChecked);
  const note = form.querySelector("[data-pending]");
  const count = scopes.length + ticks.length;
  note.hidden = !count;
  note.querySelector("b").textContent = count;
}

function drawBars(select) {
  const place = select.closest(".reach");
  place.className = place.className.replace(/\bs\d\b/, `s${select.selectedOptions[0].dataset.bars}`);
}

export function start() {
  const form = document.querySelector("[data-rights]");
  if (!form) return;
  form.addEventListener("change", (event) => {
    if (event.target.matches("select[data-reach]")) drawBars(event.target);
    recount(form);
  });
  form.addEventListener("click", (event) => {
    const button = near(event, "[data-set-all]");
    if (!button) return;
    event.preventDefault();
    const fields = button.closest("[data-section]").querySelectorAll(`tr:not([hidden]) input[type=radio][value="${button.dataset.setAll}"]:not(:disabled)`);
    fields.forEach((one) => (one.checked = true));
    button.closest("[popover]")?.hidePopover();
    recount(form);
  });
  form.addEventListener("reset", () => setTimeout(() => {
    form.querySelectorAll("select[data-reach]").forEach(drawBars);
    recount(form);
  }));
}

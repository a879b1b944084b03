// Panels of the list: a search narrows what stands below it, columns are dragged or moved by a button.
import { near } from "./tools.js";

function narrow(input) {
  const wanted = input.value.trim().toLowerCase();
  document.querySelectorAll(`${input.dataset.narrows} [data-text]`).forEach((one) => {
    one.hidden = Boolean(wanted) && !one.dataset.text.toLowerCase().includes(wanted);
  });
  for (const group of document.querySelectorAll(`${input.dataset.narrows} details`)) {
    group.open = Boolean(wanted) && Boolean(group.querySelector("[data-text]:not([hidden])"));
    group.hidden = Boolean(wanted) && !group.open;
  }
}

let dragged = null;

function drag(event) {
  const line = near(event, "[data-sortable] > li");
  if (event.type === "dragstart" && line) {
    dragged = line;
    line.classList.add("dragging");
  } else if (event.type === "dragover" && dragged && line && line !== dragged && line.parentElement === dragged.parentElement) {
    event.preventDefault();
    const at = line.getBoundingClientRect();
    line.parentElement.insertBefore(dragged, event.clientY > at.top + at.height / 2 ? line.nextSibling : line);
  } else if (event.type === "dragend" && dragged) {
    dragged.classList.remove("dragging");
    dragged = null;
  }
}

export function start() {
  for (const type of ["input", "compositionend"]) {
    document.addEventListener(type, (event) => event.target.matches?.("[data-narrows]") && !event.isComposing && narrow(event.target));
  }
  document.addEventListener("keydown", (event) => event.key === "Enter" && near(event, "[data-narrows]") && event.preventDefault());
  for (const type of ["dragstart", "dragover", "dragend"]) document.addEventListener(type, drag);
  document.addEventListener("click", (event) => {
    const button = near(event, "[data-move-up]");
    const line = button?.closest("li");
    if (!line?.previousElementSibling) return;
    line.parentElement.insertBefore(line, line.previousElementSibling);
    button.focus();
  });
  // A condition just asked for takes the focus, so that the keyboard goes on there.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "filter-value") event.detail.target.querySelector("select, input:not([type=hidden])")?.focus();
  });
}

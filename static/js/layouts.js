// The layout page: fields and sections are dragged or moved by their buttons; without script the buttons ask the server.
import { near } from "./tools.js";

let dragged = null;

function changed(form) {
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

function say(form, line) {
  const label = line.querySelector("[data-label]")?.textContent ?? "";
  const place = line.closest(".arrange-section");
  const title = [...place.querySelectorAll("header input:not([type=hidden])")].find((one) => one.value)?.value ?? place.querySelector("h2")?.textContent ?? "";
  form.querySelector("[data-said]").textContent = `${label}: ${title} ${[...line.parentElement.children].indexOf(line) + 1}`;
}

function moveField(line, step) {
  const next = step < 0 ? line.previousElementSibling : line.nextElementSibling;
  if (next) return step < 0 ? next.before(line) : next.after(line);
  const lists = [...line.closest("form").querySelectorAll("[data-fields]")];
  const list = lists[lists.indexOf(line.parentElement) + step];
  if (list) step < 0 ? list.append(line) : list.prepend(line);
}

function moveSection(section, step) {
  const all = [...section.parentElement.querySelectorAll("[data-section]")];
  const other = all[all.indexOf(section) + step];
  if (other) step < 0 ? other.before(section) : other.after(section);
}

function drag(event) {
  const line = near(event, "[data-fields] > li");
  if (event.type === "dragstart" && line) {
    dragged = line;
    line.classList.add("dragging");
  } else if (event.type === "dragover" && dragged) {
    const list = near(event, "[data-fields]") ?? near(event, ".arrange-section")?.querySelector("[data-fields]");
    if (!list) return;
    event.preventDefault();
    if (!line) return list.append(dragged);
    const at = line.getBoundingClientRect();
    if (line !== dragged) list.insertBefore(dragged, event.clientY > at.top + at.height / 2 ? line.nextSibling : line);
  } else if (event.type === "dragend" && dragged) {
    dragged.classList.remove("dragging");
    changed(dragged.closest("form"));
    dragged = null;
  }
}

export function start() {
  const form = document.querySelector("[data-layout]");
  if (!form) return;
  for (const type of ["dragstart", "dragover", "dragend"]) form.addEventListener(type, drag);
  form.addEventListener("click", (event) => {
    const button = near(event, "[data-move]");
    if (!button) return;
    event.preventDefault();
    const step = button.dataset.move === "up" ? -1 : 1;
    const line = button.closest("li");
    if (line) moveField(line, step);
    else moveSection(button.closest("[data-section]"), step);
    if (line) say(form, line);
    button.focus();
    changed(form);
  });
}

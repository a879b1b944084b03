// Ctrl-K: finds records, commands and places. The server answers with options; arrows choose, Enter opens.
import { calmly, near } from "./tools.js";

const dialog = () => document.getElementById("palette");
const found = () => document.getElementById("palette-found");
const options = () => [...found().querySelectorAll("[role=option]")];

function choose(option) {
  options().forEach((one, index) => {
    one.id ||= `found-${index}`;
    one.setAttribute("aria-selected", String(one === option));
  });
  const input = dialog().querySelector("input");
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function ask() {
  const asked = dialog().querySelector("input").value.trim();
  const record = document.querySelector("[data-record]")?.dataset.record ?? "";
  const query = new URLSearchParams({ q: asked, at: location.pathname, record });
  window.htmx.ajax("GET", `${dialog().dataset.url}?${query}`, { target: "#palette-found", swap: "innerHTML" });
}

const askSoon = calmly(ask, 150);

function take(event) {
  const all = options();
  const now = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    choose(all[(now + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
  } else if (event.key === "Enter" && all[now]) {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) window.open(all[now].href, "_blank", "noopener");
    else all[now].click();
  }
}

/** Opens the palette with an empty question: commands and recent records. */
export function openPalette() {
  if (!dialog()) return false;
  dialog().showModal();
  const input = dialog().querySelector("input");
  input.select();
  input.focus();
  ask();
  return true;
}

export function start() {
  if (!dialog()) return;
  document.addEventListener("click", (event) => {
    if (near(event, "[data-palette]") && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      openPalette();
    }
  });
  const input = dialog().querySelector("input");
  input.addEventListener("input", (event) => event.isComposing || askSoon());
  input.addEventListener("compositionend", askSoon);
  input.addEventListener("keydown", take);
  found().addEventListener("htmx:afterSwap", () => choose(options()[0]));
}

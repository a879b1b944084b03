// Ctrl-K: finds records, commands and places. The server answers with options; arrows choose, Enter opens.
import { does } from "./keys.js";
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

const OPENED = "opened";
const MOST_OPENED = 6;

/** The record of this page, as customers/12; "" on other pages. */
function here() {
  const found = document.querySelector("[data-record]") && /^\/([a-z][a-z0-9-]*\/\d+)\//.exec(location.pathname);
  return found ? found[1] : "";
}

/** The records opened last in this browser: where they are, not what they are called. */
function opened() {
  return (localStorage.getItem(OPENED) ?? "").split(",").filter(Boolean);
}

function remember(record) {
  if (!record) return;
  const others = opened().filter((one) => one !== record);
  localStorage.setItem(OPENED, [record, ...others].slice(0, MOST_OPENED + 1).join(","));
}

function ask() {
  const record = here();
  const recent = opened().filter((one) => one !== record).slice(0, MOST_OPENED).join(",");
  const query = new URLSearchParams({ q: dialog().querySelector("input").value.trim(), record, recent });
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
function openPalette() {
  if (!dialog() || dialog().open) return Boolean(dialog());
  dialog().showModal();
  const input = dialog().querySelector("input");
  input.select();
  input.focus();
  ask();
  return true;
}

/** On the search page: arrows lead from the question through the hits and back. */
function walkHits(event) {
  if (event.isComposing || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const stops = [...document.querySelectorAll("[data-hits], [data-hit]")];
  const now = stops.indexOf(document.activeElement);
  if (now < 0) return;
  event.preventDefault();
  stops[Math.min(Math.max(now + (event.key === "ArrowDown" ? 1 : -1), 0), stops.length - 1)].focus();
}

does("palette", openPalette);

export function start() {
  if (document.querySelector("[data-hits]")) document.addEventListener("keydown", walkHits);
  remember(here());
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
  found().addEventListener("click", (event) => near(event, "[hx-get]") && dialog().close());
  found().addEventListener("htmx:afterSwap", () => choose(options()[0]));
}

// Columns are made wider by their edge, moved by their head or its menu; sort keys are turned in
// their panel. All of it is said in the address, and the list is drawn anew in its place.
import { near, post } from "./tools.js";
import { recount } from "./list.js";

const NARROWEST = 40;
const WIDEST = 800;
const STEP = 24;
const main = () => document.getElementById("main");
const scroller = () => document.querySelector("#list-body > .scroll");
const heads = () => [...document.querySelectorAll(".grid thead th[data-column]")];
const headOf = (name) => heads().find((one) => one.dataset.column === name);
const colOf = (name) => [...document.querySelectorAll(".grid col[data-column]")].find((one) => one.dataset.column === name);
const within = (width) => Math.round(Math.min(WIDEST, Math.max(NARROWEST, width)));

/** The address as it stands, with some parameters changed; the page begins anew only with the order. */
function changed(values) {
  const url = new URL(location.href);
  const saved = document.getElementById("list-state");
  if (!url.search && saved) for (const one of saved.elements) url.searchParams.set(one.name, one.value);
  for (const [name, value] of Object.entries(values)) url.searchParams.set(name, value);
  url.search = url.search.replaceAll("%2C", ",").replaceAll("%3A", ":");
  return url;
}

/** Draws the list at this address in place of the present one; what is picked or open stays so. */
async function show(url, panel = "", focus = "") {
  const answer = await fetch(url, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return location.assign(url);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const picked = new Set([...document.querySelectorAll('#rows [name="pk"]:checked')].map((one) => one.value));
  const { scrollLeft, scrollTop } = scroller() ?? {};
  history.replaceState(history.state, "", url);
  main().replaceChildren(...page.getElementById("main").childNodes);
  document.documentElement.dataset.density = page.documentElement.dataset.density;
  window.htmx.process(main());
  scroller()?.scrollTo(scrollLeft ?? 0, scrollTop ?? 0);
  for (const box of document.querySelectorAll('#rows [name="pk"]')) box.checked = picked.has(box.value);
  recount();
  if (location.hash) dispatchEvent(new PopStateEvent("popstate"));
  if (panel) {
    const layer = document.getElementById(panel);
    layer.opener = [...document.querySelectorAll(`[popovertarget="${panel}"]`)].find((one) => one.offsetParent);
    layer.showPopover();
    (document.getElementById(focus) ?? layer.querySelector("a, summary"))?.focus();
  }
}

// Widths -----------------------------------------------------------------------------------------

function widths() {
  return Object.fromEntries(heads().map((head) => [head.dataset.column, Math.round(head.getBoundingClientRect().width)]));
}

function keep(name, width) {
  const all = Object.entries({ ...widths(), [name]: within(width) });
  return show(changed({ widths: all.map((one) => one.join(":")).join(",") }));
}

function fitting(name) {
  const place = [...headOf(name).parentElement.children].indexOf(headOf(name));
  const range = document.createRange();
  let most = 0;
  for (const row of document.querySelectorAll(".grid :is(thead, tbody, tfoot) > tr")) {
    const cell = row.children[place];
    if (!cell) continue;
    range.selectNodeContents(cell.querySelector("a") ?? cell);
    most = Math.max(most, range.getBoundingClientRect().width);
  }
  return most + 24;
}

let pulled = null; // {name, from, width, all}

function pull(event) {
  const edge = near(event, "[data-edge]");
  if (!edge || event.button) return;
  event.preventDefault();
  const name = edge.parentElement.dataset.column;
  const all = widths();
  for (const [one, width] of Object.entries(all)) colOf(one).style.setProperty("width", `${width}px`);
  const table = edge.closest("table");
  pulled = { name, table, from: event.clientX, width: all[name], now: all[name], whole: table.getBoundingClientRect().width };
  edge.setPointerCapture(event.pointerId);
}

function stretch(event) {
  if (!pulled) return;
  pulled.now = within(pulled.width + event.clientX - pulled.from);
  colOf(pulled.name).style.setProperty("width", `${pulled.now}px`);
  pulled.table.style.setProperty("width", `${pulled.whole + pulled.now - pulled.width}px`);
}

function release() {
  if (!pulled) return;
  const { name, width, now } = pulled;
  pulled = null;
  if (now !== width) keep(name, now);
}

// Order ------------------------------------------------------------------------------------------

function arrange(names) {
  return show(changed({ columns: names.join(",") }));
}

async function move(name, by) {
  const names = heads().map((one) => one.dataset.column);
  const at = names.indexOf(name);
  const to = at + by;
  if (at < 1 || to < 1 || to >= names.length) return; // the first column stays
  names.splice(to, 0, ...names.splice(at, 1));
  await arrange(names);
}

const ACTS = {
  left: (name) => move(name, -1),
  right: (name) => move(name, 1),
  wider: (name) => keep(name, widths()[name] + STEP),
  narrower: (name) => keep(name, widths()[name] - STEP),
  fit: (name) => keep(name, fitting(name)),
  hide: (name) => arrange(heads().map((one) => one.dataset.column).filter((one) => one !== name)),
};

async function act(button) {
  const menu = document.getElementById("column-menu");
  const { column } = menu.opener.dataset;
  menu.hidePopover();
  await ACTS[button.dataset.columnAct](column);
  headOf(column)?.querySelector(".head-menu").focus();
}

let dragged = "";

function drag(event) {
  const head = near(event, ".grid thead th[data-column]");
  if (event.type === "dragstart" && head && !pulled && head !== heads()[0]) {
    dragged = head.dataset.column;
    event.dataTransfer.effectAllowed = "move";
  } else if (event.type === "dragover" && dragged && head) {
    event.preventDefault();
    heads().forEach((one) => one.toggleAttribute("data-drop", one === head && one.dataset.column !== dragged));
  } else if (event.type === "drop" && dragged && head) {
    event.preventDefault();
    const names = heads().map((one) => one.dataset.column).filter((one) => one !== dragged);
    const middle = head.getBoundingClientRect().left + head.getBoundingClientRect().width / 2;
    const at = names.indexOf(head.dataset.column) + (event.clientX > middle ? 1 : 0);
    names.splice(Math.max(1, at), 0, dragged);
    if (head.dataset.column !== dragged) arrange(names);
  } else if (event.type === "dragend") {
    if (dragged) heads().forEach((one) => one.removeAttribute("data-drop"));
    dragged = "";
    const list = near(event, "[data-sorts]");
    if (list) sortBy([...list.children].map((one) => one.dataset.key));
  }
}

// Sort keys, row height --------------------------------------------------------------------------

function sortBy(keys) {
  const url = changed({ sort: keys.join(",") });
  for (const name of ["page", "after", "before"]) url.searchParams.delete(name);
  show(url, "sort-panel");
}

function onClick(event) {
  const button = near(event, "[data-column-act]");
  if (button) return act(button);
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const sort = near(event, "#sort-panel a");
  const density = near(event, "a[data-density]");
  if ((!sort && !density) || !document.querySelector("#rows")) return; // a board goes to its address
  event.preventDefault();
  if (sort) return show(sort.href, "sort-panel", sort.id);
  if (!/^\d+$/.test(new URL(location.href).searchParams.get("view") ?? "")) {
    post(document.querySelector("form[data-preferences]").action, { density: density.dataset.density }).catch(() => null);
  }
  show(density.href);
}

export function start() {
  if (!document.querySelector("[data-list]")) return;
  document.addEventListener("click", onClick);
  document.addEventListener("pointerdown", pull);
  document.addEventListener("pointermove", stretch);
  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", release);
  document.addEventListener("dblclick", (event) => {
    const edge = near(event, "[data-edge]");
    if (edge) keep(edge.parentElement.dataset.column, fitting(edge.parentElement.dataset.column));
  });
  for (const type of ["dragstart", "dragover", "drop", "dragend"]) document.addEventListener(type, drag);
}

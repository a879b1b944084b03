// The list: rows are picked, walked by keys and looked at in the side panel.
import { does } from "./keys.js";
import { near } from "./tools.js";

const host = () => document.querySelector("[data-list]");
// A row of the table, or a card of the board and the calendar.
const ROW = "#rows > tr[data-pk], [data-cards] > [data-pk]";
const rows = () => [...document.querySelectorAll(ROW)];
const withMark = (name) => rows().find((row) => row.hasAttribute(name));
const boxes = () => [...document.querySelectorAll('#rows .pick [name="pk"]')];
const isPhone = () => matchMedia("(max-width: 767px)").matches;
let last = null; // the box picked before, for ranges

function cursor() {
  return withMark("data-cursor") ?? withMark("data-open");
}

function moveTo(row) {
  if (!row) return;
  rows().forEach((one) => one.toggleAttribute("data-cursor", one === row));
  row.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (row.closest("[data-cards]")) row.querySelector("a")?.focus({ preventScroll: true });
  if (withMark("data-open")) open(row);
}

function step(by) {
  const all = rows();
  const now = all.indexOf(cursor());
  moveTo(all[now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, now + by))]);
}

function look(row) {
  if (!row?.dataset.peek) return;
  rows().forEach((one) => {
    one.toggleAttribute("data-open", one === row);
    one.toggleAttribute("data-cursor", one === row);
  });
  window.htmx.ajax("GET", row.dataset.peek, { target: "#peek", swap: "innerHTML" });
}

// The address holds the open panel: Back closes it, a reload or a sent link opens it again.
const mark = (pk) => `#look-${pk}`;
const marked = () => rows().find((row) => location.hash === mark(row.dataset.pk));

function open(row) {
  if (!row?.dataset.peek) return;
  if (isPhone()) return location.assign(row.dataset.url);
  const isOpen = location.hash.startsWith(mark(""));
  look(row);
  if (isOpen) history.replaceState(history.state, "", mark(row.dataset.pk));
  else history.pushState({ look: true }, "", mark(row.dataset.pk));
}

function close() {
  if (!lookAway()) return false;
  if (history.state?.look) history.back();
  else history.replaceState(history.state, "", location.pathname + location.search);
  return true;
}

function follow() {
  const row = isPhone() ? null : marked();
  if (row) look(row);
  else lookAway();
}

function lookAway() {
  const row = withMark("data-open");
  row?.removeAttribute("data-open");
  row?.toggleAttribute("data-cursor", true);
  document.getElementById("peek")?.replaceChildren();
  return Boolean(row);
}

export function recount() {
  const picked = boxes().filter((box) => box.checked);
  boxes().forEach((box) => box.closest("tr").toggleAttribute("data-picked", box.checked));
  const all = document.querySelector("[data-pick-all]");
  if (all) {
    all.checked = picked.length > 0 && picked.length === boxes().length;
    all.indeterminate = picked.length > 0 && !all.checked;
  }
  const everything = document.querySelector("[data-everything]");
  if (everything && !all?.checked) everything.value = "";
  const count = document.querySelector("[data-picked-count]");
  if (count && !everything?.value) count.textContent = picked.length.toLocaleString();
}

function pick(box, isRange) {
  const all = boxes();
  if (isRange && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    all.slice(from, to + 1).forEach((one) => (one.checked = box.checked));
  }
  last = box;
  recount();
}

function pickNone() {
  const had = boxes().some((box) => box.checked);
  boxes().forEach((box) => (box.checked = false));
  recount();
  return had;
}

function onClick(event) {
  if (near(event, "[data-peek-close]")) return close();
  if (near(event, "[data-pick-none]")) return pickNone();
  const stepper = near(event, "[data-peek-step]");
  if (stepper) return step(Number(stepper.dataset.peekStep));
  const everything = near(event, "[data-pick-everything]");
  if (everything) {
    boxes().forEach((box) => (box.checked = true));
    document.querySelector("[data-everything]").value = "1";
    recount();
    const counted = document.querySelector("#count")?.textContent.trim();
    if (counted) document.querySelector("[data-picked-count]").textContent = counted;
    return;
  }
  const box = near(event, '.pick [name="pk"]');
  if (box) return pick(box, event.shiftKey);
  const head = near(event, "[data-shift]");
  if (head && event.shiftKey) {
    event.preventDefault();
    location.assign(head.dataset.shift);
    return;
  }
  const row = near(event, ROW);
  if (!row || near(event, "a, button, input, label, select, .pick") || String(getSelection())) return;
  open(row);
}

function pickRow(event) {
  const box = cursor()?.querySelector('.pick [name="pk"]');
  if (!box) return false;
  box.checked = !box.checked;
  pick(box, event.shiftKey);
}

const inList = (act) => (event) => (host() ? act(event) : false);
does("row-next", inList(() => step(1)));
does("row-previous", inList(() => step(-1)));
does("row-pick", inList(pickRow));
does("edit", inList(() => Boolean(cursor()?.dataset.edit) && location.assign(cursor().dataset.edit)));
does("row-look", inList(() => (cursor()?.hasAttribute("data-open") ? close() : cursor() ? open(cursor()) : false)));
does("row-open", inList(() => Boolean(cursor()) && location.assign(cursor().dataset.url)));
does("row-leave", inList(() => close() || pickNone()));

/** The order of the rows on this page: on a record's page one goes on to the next from there. */
function noteOrder() {
  const pks = rows().map((row) => row.dataset.pk);
  const module = location.pathname.split("/")[1];
  if (pks.length) sessionStorage.setItem("walk", JSON.stringify({ module, pks }));
}

/** A field was changed in the side panel: its row in the list says so too. */
async function renewRow() {
  const row = document.querySelector("#rows > tr[data-open]");
  const answer = row && (await fetch(location.href).catch(() => null));
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector(`#rows > tr[data-pk="${CSS.escape(row.dataset.pk)}"]`);
  const isPicked = row.querySelector('[name="pk"]')?.checked;
  if (fresh) row.replaceChildren(...fresh.children);
  if (isPicked) row.querySelector('[name="pk"]').checked = true;
}

export function start() {
  if (!host()) return;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { elt, xhr, requestConfig } = event.detail;
    if (requestConfig?.verb === "post" && xhr.status === 200 && elt.matches?.("#peek form[data-inline]")) setTimeout(renewRow);
  });
  document.addEventListener("click", onClick);
  document.addEventListener("change", (event) => {
    if (!event.target.matches?.("[data-pick-all]")) return;
    boxes().forEach((box) => (box.checked = event.target.checked));
    recount();
  });
  document.addEventListener("htmx:afterSwap", (event) => event.detail.target.id === "list-body" && (recount(), noteOrder()));
  document.addEventListener("click", (event) => near(event, "a")?.closest(ROW) && noteOrder(), true);
  addEventListener("popstate", follow);
  recount();
  noteOrder();
  if (marked()) follow();
}

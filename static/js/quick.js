// Quick create: a sheet with the few fields of a new record. What was typed in it stays until it is saved.
import { keep, putBack, touched, watch } from "./drafts.js";
import { watchDuplicates } from "./form.js";
import { does } from "./keys.js";
import { near } from "./tools.js";

const sheet = () => document.getElementById("quick");
const form = () => sheet()?.querySelector("form[data-quick-form]");
let before = null; // what stood in the sheet when a text was pasted into it

/** The sheet behind a link; on a record's page what hangs on records knows which one. */
function addressOf(link) {
  const module = link.dataset.quick.split("/")[1];
  const here = document.querySelector(`#record-create [data-child][data-quick^="/${module}/"]`);
  return (here && link.closest("#create-menu") ? here : link).dataset.quick;
}

function openQuick(url) {
  document.querySelectorAll("[popover]:popover-open").forEach((menu) => menu.hidePopover());
  window.htmx.ajax("GET", url, { target: "#quick", swap: "innerHTML" });
  return true;
}

function create() {
  const list = document.querySelector("[data-create]");
  if (list) return openQuick(list.dataset.create);
  const link = document.querySelector("#record-create [data-child][data-quick]") ?? document.querySelector("#create-menu [data-quick]");
  return link ? openQuick(link.dataset.quick) : false;
}

function settle() {
  if (!form()) return;
  if (!sheet().open) sheet().showModal();
  watch(form());
  watchDuplicates(form());
  if (before) putBack(form(), before, {});
  before = null;
  const first = sheet().querySelector("[data-errors], [aria-invalid=true]") ?? form().querySelector(".pairs :is(input:not([type=hidden]), select, textarea)");
  first?.focus();
}

// The sheet's text goes with the person: the whole form opens with it, and its draft is kept there.
function showAll() {
  const one = form();
  keep(one.dataset.draft, null);
  one.dataset.done = "1";
  const mark = Object.assign(document.createElement("input"), { type: "hidden", name: "carried", value: "1" });
  one.append(mark);
  one.submit();
}

/** Parts of this page that show records of `module` are asked for again. */
async function renew(module) {
  const parts = [...document.querySelectorAll(`[data-renews="${CSS.escape(module)}"], [data-renews=""]`)];
  if (!parts.length) return;
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts) {
    const fresh = page.getElementById(part.id);
    if (!fresh) continue;
    const chosen = part.querySelector("select")?.value;
    part.replaceWith(fresh);
    if (chosen) fresh.querySelector("select").value = chosen;
    window.htmx.process(fresh);
  }
}

does("create", create);

export function start() {
  if (!sheet()) return;
  document.addEventListener("click", (event) => {
    const link = near(event, "a[data-quick]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      openQuick(addressOf(link));
    }
    if (near(event, "[data-all-fields]")) showAll();
  });
  sheet().addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.matches("[data-paste]") && form()) before = touched(form());
  });
  document.addEventListener("htmx:afterSwap", (event) => event.detail.target.id === "quick" && settle());
  document.body.addEventListener("quick-saved", (event) => {
    const { module, then } = event.detail;
    const one = form();
    if (one) {
      one.dataset.done = "1";
      keep(one.dataset.draft, null);
    }
    if (then === "open") return;
    if (then !== "new") sheet().close();
    renew(module);
  });
  sheet().addEventListener("close", () => sheet().replaceChildren());
}

// Fields are edited where they stand: Enter saves, Esc gives up, leaving saves. What was typed is never lost.
import { SENDING } from "./filefields.js";
import { does } from "./keys.js";
import { near, whyNot, word } from "./tools.js";

const swap = (field, url) => window.htmx.ajax("GET", url, { target: field, swap: "outerHTML" });

function edit(field) {
  if (field && !field.matches(".editing") && !field.dataset.busy) {
    field.dataset.busy = "1";
    swap(field, field.dataset.edit).finally(() => delete field.dataset.busy);
  }
}

function isChanged(form) {
  return [...form.elements].some((one) => {
    if (one.type === "checkbox" || one.type === "radio") return one.checked !== one.defaultChecked;
    if (one instanceof HTMLSelectElement) return [...one.options].some((o) => o.selected !== o.defaultSelected);
    return one.type !== "hidden" && one.value !== undefined && one.value !== one.defaultValue;
  });
}

/** Says beside the field why it is not saved, with a way to try again; what was typed stays. */
function tell(form, text) {
  form.querySelector("[data-told]")?.remove();
  const line = Object.assign(document.createElement("p"), { className: "wrong" });
  line.setAttribute("role", "alert");
  line.dataset.told = "";
  const words = Object.assign(document.createElement("span"), { textContent: text });
  const again = Object.assign(document.createElement("button"), { className: "textbutton", textContent: word("retry") });
  line.append(words, again);
  form.querySelector(".entry").append(line);
}

function giveUp(form) {
  form.dataset.left = "1";
  swap(form, form.dataset.view);
}

function onKey(event) {
  const form = near(event, "form[data-inline]");
  if (form && !event.isComposing) {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      giveUp(form);
    }
  }
}

const page = () => document.querySelector("[data-record]");

does("edit", () => Boolean(page()?.dataset.editUrl) && location.assign(page().dataset.editUrl));
does("record-next", () => go("next"));
does("record-previous", () => go("prev"));

function go(way) {
  const link = document.querySelector(`[data-walk] a[rel=${way}][href]`);
  return Boolean(page() && link) && location.assign(link.href);
}

/** Where this record stands in the list that was seen last: its neighbours are a key away. */
function placeInList() {
  const host = document.querySelector("[data-walk]");
  const [, module, pk] = location.pathname.split("/");
  let walk = null;
  try {
    walk = JSON.parse(sessionStorage.getItem("walk"));
  } catch {
    return; // what stands there is not ours
  }
  const at = host && walk?.module === module ? walk.pks.indexOf(pk) : -1;
  if (at < 0 || walk.pks.length < 2) return;
  for (const [way, other] of [["prev", walk.pks[at - 1]], ["next", walk.pks[at + 1]]]) {
    const link = host.querySelector(`[rel=${way}]`);
    if (other) link.href = `/${module}/${other}/`;
    else {
      link.role = "link"; // without an address it is none by itself, and what is no link bears no name
      link.ariaDisabled = "true";
    }
  }
  host.querySelector("[data-place]").textContent = `${at + 1} / ${walk.pks.length}`;
  host.hidden = false;
}

const isTroubled = (form) => Boolean(form.querySelector(".wrong"));
const inlines = () => [...document.querySelectorAll("form[data-inline]")].filter((form) => !form.dataset.left);

// A value that was refused stays in its field until it is put right or given up by Esc.
function onLeave(event) {
  const form = near(event, "form[data-inline]");
  if (!form || form.contains(event.relatedTarget) || form.dataset.left || form.querySelector(`.wrong[role=alert]:not([data-told]), ${SENDING}`)) return;
  setTimeout(() => {
    if (!form.isConnected || form.contains(document.activeElement) || form.dataset.sent) return;
    if (isChanged(form)) form.requestSubmit();
    else if (!isTroubled(form)) giveUp(form);
  }, 120);
}

function sendAlong() {
  for (const form of inlines()) {
    if (form.dataset.along || isTroubled(form) || !isChanged(form)) continue;
    form.dataset.along = "1";
    fetch(form.action, { method: "POST", body: new FormData(form), keepalive: true, redirect: "manual" }).catch(() => {});
  }
}

export function start() {
  placeInList();
  document.addEventListener("click", (event) => {
    const cancel = near(event, "form[data-inline] [data-cancel]");
    if (cancel) return giveUp(cancel.closest("form"));
    const field = near(event, ".field[data-edit]");
    if (!field || String(getSelection())) return;
    const other = near(event, "a, button, summary");
    if (other && !other.matches(".pen")) return;
    event.preventDefault();
    edit(field);
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("focusout", onLeave);
  // What the page shows besides may change with it, as formulas do: those fields come with the answer.
  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.detail.elt.matches?.("form[data-inline]")) return;
    const shown = [...document.querySelectorAll(".field[data-field]:not([data-edit])")];
    event.detail.parameters["shown-beside"] = shown.map((one) => one.dataset.field).join(",");
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt;
    if (form.matches?.("form[data-inline]")) form.dataset.sent = "1";
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (form.matches?.("form[data-inline]")) delete form.dataset.sent;
  });
  document.addEventListener("htmx:sendError", (event) => {
    const form = event.detail.elt;
    if (!form?.matches?.("form[data-inline]")) return;
    tell(form, word("offline"));
    addEventListener("online", () => form.isConnected && form.requestSubmit(), { once: true });
  });
  document.addEventListener("htmx:responseError", (event) => {
    const form = event.detail.elt;
    if (form?.matches?.("form[data-inline]")) tell(form, whyNot(event.detail.xhr));
  });
  // Whoever goes on to another page leaves the field too: what was typed is sent along. It goes while
  // the page still stands, for a request made on its way out may never start; also where htmx has sent
  // it already, for the browser breaks that off, and the second to arrive finds it saved.
  addEventListener("beforeunload", (event) => (inlines().some(isTroubled) ? event.preventDefault() : sendAlong()));
  addEventListener("pagehide", sendAlong);
  addEventListener("pageshow", () => inlines().forEach((form) => delete form.dataset.along));
  // Saved or given up by a key, the focus stays at the field, for the next Tab to go on from there.
  let left = "";
  document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
    left = target.matches?.("form[data-inline]") && target.contains(document.activeElement) ? target.id : "";
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (left && document.activeElement === document.body) document.getElementById(left)?.querySelector(".pen")?.focus();
    const control = document.querySelector("form[data-inline]:not([data-met]) :is(input:not([type=hidden]), select, textarea)");
    if (control && !control.closest("form").dataset.met) {
      control.closest("form").dataset.met = "1";
      control.focus();
      if (control.select && control.type !== "date") control.select();
    }
    hideAgain();
  });
  hideAgain();
}

/** An uncovered value counts down and is asked for again, covered. */
function hideAgain() {
  for (const note of document.querySelectorAll("[data-hides]:not([data-counting])")) {
    note.dataset.counting = "1";
    let left = Number(note.dataset.hides);
    const text = note.textContent;
    const timer = setInterval(() => {
      left -= 1;
      if (!note.isConnected) clearInterval(timer);
      else if (left > 0) note.textContent = text.replace(/\d+/, left);
      else {
        clearInterval(timer);
        swap(note.closest(".field"), note.dataset.url);
      }
    }, 1000);
  }
}

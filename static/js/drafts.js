// Drafts: what was typed stays in this browser, each person's own, until it is saved, thrown away or signed out.
import { calmly, near } from "./tools.js";

const SENT = "draft-sent";
const SECRET = "[type=password], [type=file], [autocomplete=one-time-code], [data-secret]";

const drawer = (name) => `draft:${document.body.dataset.person ?? ""}:${name}`;

/** What this person left unfinished under `name`, or null. */
export function kept(name) {
  try {
    return JSON.parse(localStorage.getItem(drawer(name)));
  } catch {
    return null; // storage is off, or what stands there is not ours
  }
}

/** Keeps `value` under `name`; null takes it away. True where it is kept. */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(drawer(name));
    else localStorage.setItem(drawer(name), JSON.stringify(value));
    return value !== null;
  } catch {
    return false; // no room or not allowed: the text is still in its box
  }
}

function dropAll() {
  try {
    const mine = drawer("");
    Object.keys(localStorage).forEach((key) => key.startsWith(mine) && localStorage.removeItem(key));
  } catch {
    // storage is off: nothing was kept
  }
}

// A form that was sent is saved when the next page is an answer without a fault.
function forgetSaved() {
  try {
    const name = sessionStorage.getItem(SENT);
    sessionStorage.removeItem(SENT);
    const [came] = performance.getEntriesByType("navigation");
    if (name && came.type === "navigate" && came.responseStatus >= 200 && came.responseStatus < 400) keep(name, null);
  } catch {
    // storage is off: nothing was kept
  }
}

const mayKeep = (one) => one.name && !one.matches(SECRET) && (one.type !== "hidden" || one.closest("[data-picker]"));
const named = (form, name) => [...form.elements].filter((one) => one.name === name && mayKeep(one));
const isTicked = (one) => one.type === "checkbox" || one.type === "radio";
const stateOf = (one) => (isTicked(one) ? one.checked : one.multiple ? [...one.selectedOptions].map((o) => o.value) : one.value);

function noted(form, target) {
  const picker = target.closest("[data-picker]");
  const names = new Set((picker ? [...picker.querySelectorAll("input")] : [target]).map((one) => one.name));
  const fields = {};
  for (const name of names) {
    const all = named(form, name);
    if (all.length) fields[name] = all.map(stateOf);
  }
  return fields;
}

/** What was changed in this form since it was shown: field → states of its controls. */
export function touched(form) {
  const isChanged = (one) =>
    isTicked(one) ? one.checked !== one.defaultChecked
    : one instanceof HTMLSelectElement ? [...one.options].some((o) => o.selected !== o.defaultSelected)
    : one.value !== one.defaultValue;
  const names = new Set([...form.elements].filter((one) => mayKeep(one) && isChanged(one)).map((one) => one.name));
  return Object.fromEntries([...names].map((name) => [name, named(form, name).map(stateOf)]));
}

export function putBack(form, fields, typed) {
  for (const [name, states] of Object.entries(fields)) {
    if (name in typed) continue; // typed since the page opened: that is newer
    named(form, name).forEach((one, place) => {
      const state = states[place];
      if (state === undefined) return;
      if (isTicked(one)) one.checked = state;
      else if (one.multiple) [...one.options].forEach((option) => (option.selected = state.includes(option.value)));
      else one.value = state;
    });
  }
}

function putBackRows(form, rows) {
  for (const [name, total] of Object.entries(rows)) {
    const count = form.elements[name];
    const button = count?.closest("[data-collection]")?.querySelector("[data-add-row]");
    while (button && Number(count.value) < total) {
      const before = count.value;
      button.click();
      if (count.value === before) break;
    }
  }
}

const rowsOf = (form) => Object.fromEntries([...form.querySelectorAll("[data-total]")].map((one) => [one.name, Number(one.value)]));

/** Keeps what is typed into this form, and offers what was left in it before. */
export function watch(form) {
  const name = form.dataset.draft;
  const later = `${name}#later`; // typed while an older draft waits for its answer
  const old = kept(later) ? { ...kept(name), ...kept(later), fields: { ...kept(name)?.fields, ...kept(later).fields } } : kept(name);
  keep(later, null);
  keep(name, old);
  const offer = form.querySelector("[data-draft-offer]");
  let typed = "dirty" in form.dataset ? (old?.fields ?? {}) : {};
  let isAsked = Boolean(old) && !("dirty" in form.dataset);
  const store = () => {
    if (form.dataset.done || !Object.keys(typed).length) return;
    keep(isAsked ? later : name, { at: Date.now(), version: form.elements.version?.value ?? "", rows: rowsOf(form), fields: typed });
  };
  const storeSoon = calmly(store, 250);
  const note = (event) => {
    if (event.target.matches("[data-narrows]")) return;
    typed = { ...typed, ...noted(form, event.target) };
    storeSoon();
  };
  form.addEventListener("input", note);
  form.addEventListener("change", note);
  addEventListener("pagehide", () => form.isConnected && !form.dataset.going && store());
  form.addEventListener("submit", () => {
    if (form.hasAttribute("hx-post")) return; // it says itself when it was saved
    store();
    sessionStorage.setItem(SENT, name);
  });
  if (!isAsked || !offer) return;
  offer.hidden = false;
  const place = offer.querySelector("[data-draft-when]");
  place.textContent = new Date(old.at).toLocaleString(document.documentElement.lang.replace(/^en$/, "en-GB"), { dateStyle: "medium", timeStyle: "short" });
  offer.addEventListener("click", (event) => {
    const isBack = near(event, "[data-draft-restore]");
    if (!isBack && !near(event, "[data-draft-discard]")) return;
    isAsked = false;
    offer.hidden = true;
    keep(later, null);
    keep(name, null);
    if (isBack) {
      putBackRows(form, old.rows);
      putBack(form, old.fields, typed);
      // what others changed since then shows as a conflict when it is saved
      if (old.version && form.elements.version) form.elements.version.value = old.version;
      typed = { ...old.fields, ...typed };
    }
    store();
    const first = form.querySelector(".pairs input:not([type=hidden]), .pairs textarea, .pairs select");
    first?.focus();
    if (isBack) first?.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

export function start() {
  forgetSaved();
  document.querySelectorAll("form[data-form][data-draft]").forEach(watch);
  document.querySelector("form[data-signs-out]")?.addEventListener("submit", dropAll);
}

// Messages of 8 s at the lower left; the clock stops under the pointer or the focus. Three at most.
import { whyNot, word } from "./tools.js";

const STAY = 8000;
const MOST = 3;
const place = () => document.getElementById("toasts");

function watch(toast) {
  const holders = new Set(); // pointer and focus: while either is there, the clock stands
  let left = STAY;
  let since = 0;
  let timer = 0;
  const stop = () => {
    if (!timer) return;
    clearTimeout(timer);
    timer = 0;
    left = Math.max(1000, left - (Date.now() - since));
  };
  const run = () => {
    stop();
    if (holders.size) return;
    since = Date.now();
    timer = setTimeout(() => toast.remove(), left);
  };
  const holds = (who, come, go) => {
    toast.addEventListener(come, () => (holders.add(who), stop()));
    toast.addEventListener(go, () => (holders.delete(who), run()));
  };
  holds("pointer", "pointerenter", "pointerleave");
  holds("focus", "focusin", "focusout");
  toast.addEventListener("click", (event) => event.target.closest("[data-closes-toast]") && toast.remove());
  run();
}

// Job cards fold to one line, on every page until they are unfolded.
function foldJobs() {
  const jobs = document.getElementById("jobs");
  if (!jobs) return;
  const show = () => {
    const isFolded = sessionStorage.getItem("jobs-folded") === "1";
    jobs.classList.toggle("folded", isFolded);
    jobs.querySelectorAll("[data-folds-jobs]").forEach((one) => one.setAttribute("aria-expanded", String(!isFolded)));
  };
  jobs.addEventListener("click", (event) => {
    if (!event.target.closest("[data-folds-jobs]")) return;
    sessionStorage.setItem("jobs-folded", jobs.classList.contains("folded") ? "0" : "1");
    show();
  });
  jobs.addEventListener("htmx:afterSettle", show);
  show();
}

/** Shows `text`; `act` {label, run, isUndo} puts a button beside it; kind "alert" is read out at once. */
export function say(text, { act = null, kind = "status" } = {}) {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.setAttribute("role", kind);
  toast.dataset.toast = "";
  const words = document.createElement("span");
  words.textContent = text;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = act ? act.label : "×";
  if (act?.isUndo) button.dataset.undo = "";
  if (!act) {
    button.setAttribute("aria-label", word("close"));
    button.dataset.closesToast = "";
  }
  button.addEventListener("click", () => {
    toast.remove();
    act?.run();
  });
  toast.append(words, button);
  place()?.append(toast);
}

export function start() {
  const region = place();
  if (!region) return;
  foldJobs();
  region.querySelectorAll("[data-toast]").forEach(watch);
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) if (node.dataset && "toast" in node.dataset) watch(node);
    while (region.childElementCount > MOST) region.firstElementChild.remove();
  }).observe(region, { childList: true });
  // The server says {"toast": {"text": "…", "undo": "/…"}} in HX-Trigger.
  document.body.addEventListener("toast", (event) => {
    const { text, undo, label, url } = event.detail;
    const back = { label: `${word("undo")} Z`, isUndo: true, run: () => window.htmx.ajax("POST", undo, { swap: "none" }) };
    const on = { label, run: () => location.assign(url) };
    say(text, { act: undo ? back : url ? on : null });
  });
  document.addEventListener("htmx:sendError", (event) => {
    // An inline edit says it beside its field, with a way to try again.
    if (!event.detail.elt?.matches?.("form[data-inline]")) say(word("offline"), { kind: "alert" });
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.elt?.matches?.("form[data-inline]")) return;
    say(whyNot(event.detail.xhr), { kind: "alert" });
  });
}

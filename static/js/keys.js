// Single keys: none of them fires while typing, composing, or with a dialog open.
import { isTyping } from "./tools.js";
import { open } from "./layers.js";
import { openPalette } from "./palette.js";

let awaitsLetter = 0;

function go(letter) {
  const link = document.querySelector(`[data-go="${CSS.escape(letter)}"]`);
  if (link) location.assign(link.href);
  return Boolean(link);
}

function create() {
  const link = document.querySelector("[data-create]") ?? document.querySelector("#create-menu a");
  if (link) location.assign(link.href);
  return Boolean(link);
}

function click(selector) {
  const found = document.querySelector(selector);
  found?.click();
  return Boolean(found);
}

const KEYS = {
  "?": () => Boolean(open("help")),
  "/": () => click("[data-filter]") || openPalette(),
  c: create,
  f: () => click("[data-compose]") || focusComposer(),
  z: () => click("#toasts [data-toast]:last-child button:not([data-closes-toast])"),
  "[": () => click(".head [rel=prev]"),
  "]": () => click(".head [rel=next]"),
  g: () => {
    awaitsLetter = Date.now();
    return true;
  },
};

function focusComposer() {
  const text = document.querySelector("[data-composer] textarea");
  text?.focus();
  return Boolean(text);
}

export function start() {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !event.isComposing) {
      event.preventDefault();
      openPalette();
      return;
    }
    const form = event.target instanceof Element ? event.target.closest("form[data-form]") : null;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && form && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event) || document.querySelector("dialog[open], [popover]:popover-open")) return;
    const isLetter = Date.now() - awaitsLetter < 1500;
    awaitsLetter = 0;
    const act = isLetter ? () => go(event.key.toLowerCase()) : KEYS[event.key];
    if (act?.()) event.preventDefault();
  });
}

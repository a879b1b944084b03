// The keys of the help's table: each of its lines names what it does, and here stands who does it.
// None fires while typing, while an input method composes, or with a dialog or menu open.
import { isTyping } from "./tools.js";
import { open } from "./layers.js";

const acts = new Map();
let awaitsLetter = 0;

/** Lets the line `name` of the help do `act`; false from it leaves the key to others and the browser. */
export function does(name, act) {
  acts.set(name, [...(acts.get(name) ?? []), act]);
}

function go(letter) {
  const link = document.querySelector(`[data-go="${CSS.escape(letter)}"]`);
  if (link) location.assign(link.href);
  return Boolean(link);
}

function click(selector) {
  const found = document.querySelector(selector);
  found?.click();
  return Boolean(found);
}

does("help", () => Boolean(open("help")));
does("filter", () => click("[data-filter]") || click("a[data-palette]"));
does("undo", () => click("#toasts [data-toast]:last-child [data-undo]"));
does("go", () => {
  awaitsLetter = Date.now();
});
does("send", (event) => {
  const form = event.target instanceof Element ? event.target.closest("form[data-form], form[data-composer], form[data-inline]") : null;
  form?.requestSubmit();
  return Boolean(form);
});

/** Key → name of what it does, out of the help's table. */
function read() {
  const found = new Map();
  for (const line of document.querySelectorAll("#help [data-does]")) {
    const { does: name, keys } = line.dataset;
    if (!acts.has(name)) console.error(`the help names ${name}, which nobody does`);
    for (const key of keys.split(" ")) found.set(key, [...(found.get(key) ?? []), name]);
  }
  const told = [...found.values()].flat();
  for (const name of acts.keys()) if (!told.includes(name)) console.error(`${name} stands in no line of the help`);
  return found;
}

function nameOf(event) {
  const key = event.key === " " ? "Space" : event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.ctrlKey || event.metaKey ? `mod+${key}` : key;
}

export function start() {
  if (!document.getElementById("help")) return;
  const table = read();
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented || event.altKey) return;
    const name = nameOf(event);
    if (!name.startsWith("mod+")) {
      if (isTyping(event) || document.querySelector("dialog[open], [popover]:popover-open")) return;
      const onControl = event.target.closest?.("a, button, input, summary");
      if (onControl && (name === "Enter" || (name === "Space" && !onControl.matches("a")))) return;
      const isLetter = Date.now() - awaitsLetter < 1500;
      awaitsLetter = 0;
      if (isLetter) return go(name) && event.preventDefault();
    }
    const all = (table.get(name) ?? []).flatMap((one) => acts.get(one) ?? []);
    if (all.some((act) => act(event) !== false)) event.preventDefault();
  });
}

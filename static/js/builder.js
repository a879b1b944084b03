// The filter panel and the builder: fields are chosen from a menu, every act posts the form and
// puts the answer in its place. What is typed stays, also when the panel is closed and opened again.
import { calmly, near } from "./tools.js";
import { put } from "./layers.js";

const panel = () => document.getElementById("builder-panel");
const form = () => document.getElementById("builder-form");
const at = (id) => document.getElementById(id);

function send(act) {
  const values = { act };
  return window.htmx.ajax("POST", form().action, { source: form(), target: "#builder-body", swap: "innerHTML", values });
}

const countSoon = calmly(() => {
  if (!form()) return;
  window.htmx.ajax("POST", form().action, { source: form(), target: "#builder-says", swap: "innerHTML", values: { act: "count" } });
}, 600);

function control(line) {
  return line?.querySelector(".value :is(input:not([type=hidden]), select, textarea)") ?? line?.querySelector(".op, .what");
}

/** Where one goes on: the field of a new line, or the button that was pressed while it is there. */
async function act(name, button) {
  await send(name);
  const fresh = at(`what-${form().dataset.fresh}`);
  if (/^(line|group):/.test(name)) fresh?.click();
  else (at(button.id) ?? fresh ?? form().querySelector(".join"))?.focus();
  countSoon();
}

async function redo(from) {
  await send("redo");
  (at(from.id) ?? form().querySelector(".join"))?.focus();
  countSoon();
}

// The one line of the filter panel.
function redoLine(line) {
  window.htmx.ajax("GET", line.dataset.condition, { source: line, target: "#filter-value", swap: "innerHTML" });
}

async function choose(button) {
  const fields = button.closest("[data-fields]");
  const path = button.dataset.path;
  if (fields.dataset.fields) {
    const url = `${fields.dataset.fields}&field=${encodeURIComponent(path)}`;
    window.htmx.ajax("GET", url, { source: at("list-state"), target: "#filter-value", swap: "innerHTML" });
    return;
  }
  const menu = at("field-menu");
  const key = menu.opener.dataset.for;
  form().elements[`field-${key}`].value = path;
  menu.hidePopover();
  await send("redo");
  control(form().querySelector(`[data-line="${CSS.escape(key)}"]`))?.focus();
  countSoon();
}

async function load() {
  const button = panel().opener;
  if (!form()) await window.htmx.ajax("GET", panel().dataset.url, { target: "#builder", swap: "innerHTML" });
  if (button) put(panel(), button);
  const place = Number(button?.dataset.lineAt ?? -1);
  const lines = form().querySelectorAll(".tree > .set > :is(.condition, .set)");
  const line = place < 0 ? [...lines].at(-1) : lines[place];
  (control(line) ?? form().querySelector(".join")).focus();
  countSoon();
}

function open() {
  const filter = document.querySelector("[data-filter]");
  at("filter-panel")?.hidePopover();
  panel().opener = filter;
  panel().showPopover();
}

function onClick(event) {
  if (near(event, "[data-builds]")) return open();
  if (near(event, "[data-closes-panel]")) return near(event, "[popover]").hidePopover();
  const path = near(event, "[data-path]");
  if (path) return choose(path);
  const button = near(event, "#builder-form [data-act]");
  if (button) act(button.dataset.act, button);
}

function onChange(event) {
  if (!event.target.matches?.("[data-redo]")) return;
  if (near(event, "#builder-form")) redo(event.target);
  else if (near(event, "[data-condition]")) redoLine(near(event, "[data-condition]"));
}

export function start() {
  document.addEventListener("click", onClick);
  document.addEventListener("change", onChange);
  for (const type of ["input", "compositionend"]) {
    document.addEventListener(type, (event) => {
      if (event.isComposing || !near(event, "[data-condition], #builder-form")) return;
      if (event.target.type === "hidden") onChange(event); // a picker has put its value there
      else if (near(event, "#builder-form")) countSoon();
    });
  }
  document.addEventListener(
    "toggle",
    (event) => {
      if (event.newState !== "open") return;
      if (event.target.id === "builder-panel") load();
      if (event.target.id !== "field-menu") return;
      const search = event.target.querySelector("[data-narrows]");
      search.value = "";
      search.dispatchEvent(new Event("input", { bubbles: true }));
    },
    true,
  );
  // A filter that was refused: on to the first line that says why.
  document.addEventListener("htmx:afterSwap", (event) => {
    const wrong = event.detail.target.id === "builder-body" && form()?.querySelector(".condition > .wrong");
    if (wrong && event.detail.xhr.status === 400) control(wrong.parentElement)?.focus();
  });
}

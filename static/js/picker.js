// A picker of records or people: type, arrows, Enter. The server answers [{"value": 1, "label": "…", "note": "…"}].
import { calmly, near, word } from "./tools.js";

const listOf = (picker) => picker.querySelector("[role=listbox]");
const inputOf = (picker) => picker.querySelector("[role=combobox]");

function close(picker) {
  listOf(picker).hidden = true;
  inputOf(picker).setAttribute("aria-expanded", "false");
}

function mark(picker, index) {
  const all = [...listOf(picker).querySelectorAll("[role=option]")];
  const at = (index + all.length) % all.length;
  all.forEach((one, place) => one.setAttribute("aria-selected", String(place === at)));
  inputOf(picker).setAttribute("aria-activedescendant", all[at]?.id ?? "");
  all[at]?.scrollIntoView({ block: "nearest" });
}

function show(picker, found) {
  const list = listOf(picker);
  list.replaceChildren(
    ...found.map((item, index) => {
      const option = document.createElement("div");
      option.setAttribute("role", "option");
      option.id = `${list.id}-${index}`;
      option.dataset.value = item.value;
      option.dataset.label = item.label;
      const label = document.createElement("span");
      label.textContent = item.label;
      const note = document.createElement("span");
      note.className = "dim note-size clip";
      note.textContent = item.note ?? "";
      option.append(label, note);
      return option;
    }),
  );
  if (!found.length) {
    const nothing = document.createElement("div");
    nothing.className = "nothing";
    nothing.textContent = word("nothing");
    list.append(nothing);
  }
  list.hidden = false;
  inputOf(picker).setAttribute("aria-expanded", "true");
  if (found.length) mark(picker, 0);
}

async function ask(picker) {
  const input = inputOf(picker);
  const asked = input.value.trim();
  const url = new URL(picker.dataset.picker, location.href);
  url.searchParams.set("q", asked);
  const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.ok && input.value.trim() === asked && document.activeElement === input) show(picker, (await answer.json()).results);
}

const askSoon = calmly(ask, 180);

function take(picker, option) {
  const hidden = picker.querySelector("input[type=hidden]");
  hidden.value = option?.dataset.value ?? "";
  inputOf(picker).value = option?.dataset.label ?? "";
  hidden.dispatchEvent(new Event("input", { bubbles: true }));
  close(picker);
}

function onKey(event) {
  const picker = near(event, "[data-picker]");
  if (!picker || event.isComposing) return;
  const list = listOf(picker);
  const all = [...list.querySelectorAll("[role=option]")];
  const now = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (list.hidden) ask(picker);
    else if (all.length) mark(picker, now + (event.key === "ArrowDown" ? 1 : -1));
  } else if (event.key === "Enter" && !list.hidden && all[now]) {
    event.preventDefault();
    take(picker, all[now]);
  } else if (event.key === "Escape" && !list.hidden) {
    event.preventDefault();
    event.stopPropagation();
    close(picker);
  }
}

export function start() {
  document.addEventListener("keydown", onKey, true);
  for (const type of ["input", "compositionend"]) {
    document.addEventListener(type, (event) => {
      const picker = near(event, "[data-picker]");
      if (!picker || event.isComposing || event.target.type === "hidden") return;
      picker.querySelector("input[type=hidden]").value = "";
      askSoon(picker);
    });
  }
  document.addEventListener("pointerdown", (event) => {
    const option = near(event, "[data-picker] [role=option]");
    if (!option) return;
    event.preventDefault();
    take(option.closest("[data-picker]"), option);
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.("[data-picker] [role=combobox]")) event.target.select();
  });
  document.addEventListener("focusout", (event) => {
    const picker = near(event, "[data-picker]");
    if (picker && !picker.contains(event.relatedTarget)) close(picker);
  });
}

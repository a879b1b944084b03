// The follow-up box: Ctrl-Enter logs, an unfinished text stays on this computer until it is logged.
import { does } from "./keys.js";
import { keep, kept } from "./drafts.js";
import { calmly, near, word } from "./tools.js";

const form = () => document.querySelector("[data-composer]");
const text = () => form().querySelector("textarea");
const drawer = () => `follow-up:${form().dataset.draft}`;

const BESIDE = "[name=kind], [name=contact], [name=subject], [name=next_at]";
const beside = () => [...form().querySelectorAll(BESIDE)].filter((one) => one.type !== "radio" || one.checked);

// The text, and beside it how, with whom and when next; a text that is empty keeps nothing.
function remember() {
  const note = form().querySelector("[data-draft-note]");
  const fields = Object.fromEntries(beside().map((one) => [one.name, one.value]));
  const isKept = keep(drawer(), text().value.trim() ? { text: text().value, fields } : null);
  note.textContent = isKept ? word("draft") : "";
}

function bringBack() {
  const left = kept(drawer());
  if (!left || text().value) return;
  text().value = left.text ?? left; // drafts of before held the text alone
  for (const [name, value] of Object.entries(left.fields ?? {})) {
    for (const one of form().querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (one.type === "radio") one.checked = one.value === value;
      else if (one.tagName !== "SELECT" || [...one.options].some((option) => option.value === value)) one.value = value;
    }
  }
  const next = form().querySelector("[data-next]");
  if (next) showNext(next);
}

function insert(words) {
  const box = text();
  box.setRangeText(words, box.selectionStart, box.selectionEnd, "end");
  box.focus();
  remember();
}

function mention(button) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "mention", value: button.dataset.mention });
  form().append(field);
}

function showNext(input) {
  const place = form().querySelector("[data-next-text]");
  place.dataset.empty ??= place.textContent;
  const when = input.value && new Date(input.value);
  place.textContent = when
    ? when.toLocaleString(document.documentElement.lang.replace(/^en$/, "en-GB"), { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false })
    : place.dataset.empty;
}

function onClick(event) {
  if (near(event, "[data-compose]")) return text().focus();
  const phrase = near(event, "[data-insert]");
  if (phrase) {
    if (phrase.dataset.mention) mention(phrase);
    phrase.closest("[popover]")?.hidePopover();
    insert(phrase.dataset.insert);
  }
  const next = near(event, "[data-next-value]");
  if (next) {
    const input = form().querySelector("[data-next]");
    input.value = next.dataset.nextValue;
    showNext(input);
    remember();
    next.closest("[popover]")?.hidePopover();
  }
}

does("compose", () => {
  if (!form()) return false;
  text().focus();
});

export function start() {
  if (!form()) return;
  bringBack();
  text().addEventListener("input", calmly(remember, 300));
  document.addEventListener("click", onClick);
  form().addEventListener("change", (event) => {
    if (event.target.matches("[data-next]")) showNext(event.target);
    if (event.target.matches(BESIDE)) remember();
    if (event.target.type === "file") {
      form().querySelector("[data-files]").textContent = [...event.target.files].map((file) => file.name).join(" · ");
    }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt !== form() || !event.detail.successful) return;
    const key = form().querySelector("[name=key]");
    const fresh = event.detail.xhr.getResponseHeader("X-Next-Key") ?? crypto.randomUUID?.();
    text().value = "";
    form().querySelectorAll("[name=mention]").forEach((one) => one.remove());
    form().querySelectorAll("[type=file]").forEach((one) => (one.value = ""));
    form().querySelector("[data-files]").textContent = "";
    const next = form().querySelector("[data-next]");
    next.value = "";
    showNext(next);
    if (fresh) key.value = fresh;
    remember();
  });
}

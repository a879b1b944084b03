// Fields are edited where they stand: Enter saves, Esc gives up, leaving saves. What was typed is never lost.
import { isTyping, near, word } from "./tools.js";
import { say } from "./toasts.js";

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

function giveUp(form) {
  form.dataset.left = "1";
  swap(form, form.dataset.view);
}

function onKey(event) {
  const form = near(event, "form[data-inline]");
  if (form && !event.isComposing) {
    const isText = event.target instanceof HTMLTextAreaElement;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      giveUp(form);
    } else if (event.key === "Enter" && isText && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  const page = document.querySelector("[data-record]");
  if (page && event.key === "e" && !isTyping(event) && !event.ctrlKey && !event.metaKey && !document.querySelector("dialog[open]")) {
    if (page.dataset.editUrl) location.assign(page.dataset.editUrl);
  }
}

function onLeave(event) {
  const form = near(event, "form[data-inline]");
  if (!form || form.contains(event.relatedTarget) || form.dataset.left || form.querySelector(".wrong[role=alert]")) return;
  setTimeout(() => {
    if (!form.isConnected || form.contains(document.activeElement) || form.dataset.sent) return;
    if (isChanged(form)) form.requestSubmit();
    else giveUp(form);
  }, 120);
}

export function start() {
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
    const again = () => form.isConnected && form.requestSubmit();
    addEventListener("online", again, { once: true });
    say(word("offline"), { kind: "alert", act: { label: word("retry"), run: again } });
  });
  document.addEventListener("htmx:afterSwap", () => {
    const control = document.querySelector("form[data-inline] :is(input:not([type=hidden]), select, textarea)");
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

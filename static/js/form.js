// Whole forms: errors take the focus, unsaved changes warn, likely duplicates show while typing.
import { calmly, near, word } from "./tools.js";

function warnBeforeLeaving(form) {
  let isDirty = "dirty" in form.dataset;
  const note = form.querySelector("[data-dirty-note]");
  form.addEventListener("input", (event) => {
    if (event.target.matches("[data-narrows]")) return; // a search, not a change
    isDirty = true;
    if (note) note.textContent = word("leave");
  });
  form.addEventListener("submit", () => (isDirty = false));
  addEventListener("beforeunload", (event) => isDirty && event.preventDefault());
}

/** Asks for likely duplicates of what is typed into this form. */
export function watchDuplicates(form) {
  const url = form.dataset.duplicates;
  const place = form.querySelector("[data-duplicates-here]");
  if (!url || !place) return;
  let asked = 0;
  const ask = calmly(async () => {
    const mine = ++asked;
    const fields = new FormData(form);
    for (const name of [...fields.keys()]) if (fields.get(name) instanceof File) fields.delete(name);
    const answer = await fetch(url, { method: "POST", body: fields, headers: { "HX-Request": "true" } }).catch(() => null);
    if (answer?.ok && mine === asked) place.innerHTML = await answer.text();
  }, 400);
  form.addEventListener("input", (event) => {
    if (event.isComposing) return;
    if (event.target.matches("[data-duplicate]") || event.target.closest("[data-collection]")) ask();
  });
  form.addEventListener("compositionend", ask);
}

function sendOnce(event) {
  const form = near(event, "form[method=post]");
  if (!form || form.matches("[data-preferences]") || event.defaultPrevented) return;
  if (form.dataset.going) return event.preventDefault();
  if (form.hasAttribute("hx-post") || event.submitter?.hasAttribute("hx-post")) return;
  form.dataset.going = "1";
  addEventListener("pageshow", () => delete form.dataset.going, { once: true });
  setTimeout(() => delete form.dataset.going, 8000); // a download leaves the page standing
}

export function start() {
  document.querySelectorAll("form[data-form]").forEach((form) => {
    warnBeforeLeaving(form);
    watchDuplicates(form);
  });
  document.querySelector("[data-errors]")?.focus();
  document.addEventListener("submit", sendOnce);
  document.addEventListener("keydown", (event) => {
    // Enter that ends a composition must not submit, choose or save, whoever listens.
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.stopImmediatePropagation();
  }, true);
  document.addEventListener("change", (event) => near(event, "select[data-sends]")?.form.requestSubmit());
  document.addEventListener("click", (event) => {
    const link = near(event, "[data-errors] a[href^='#']");
    if (link) {
      const control = document.querySelector(link.hash);
      if (control) {
        event.preventDefault();
        control.scrollIntoView({ block: "center" });
        (control.matches("input, select, textarea") ? control : control.querySelector("input:not([type=hidden]), select, textarea"))?.focus();
      }
    }
    const fix = near(event, "[data-fix]");
    if (fix) {
      const control = document.getElementById(fix.dataset.for);
      control.value = fix.dataset.fix;
      control.removeAttribute("aria-invalid");
      control.dispatchEvent(new Event("input", { bubbles: true }));
      control.focus();
      fix.closest(".wrong")?.remove();
    }
  });
  for (const zone of document.querySelectorAll("[data-dropzone]")) dropInto(zone);
}

function dropInto(zone) {
  const input = zone.querySelector("input[type=file]");
  for (const type of ["dragover", "dragleave", "drop"]) {
    zone.addEventListener(type, (event) => {
      event.preventDefault();
      zone.classList.toggle("over", type === "dragover");
      if (type !== "drop") return;
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
  const name = zone.querySelector("[data-file-name]");
  if (name) {
    input.addEventListener("change", () => {
      name.textContent = input.files[0]?.name ?? "";
      name.hidden = !input.files.length;
    });
  }
  if ("sendsAtOnce" in zone.dataset) input.addEventListener("change", () => input.files.length && zone.closest("form").requestSubmit());
}

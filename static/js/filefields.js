// Fields of files: each is uploaded as it is dropped or chosen and kept by a tick; what else was typed stays as it is.
import { near } from "./tools.js";
import { send } from "./uploads.js";

export const SENDING = "[data-files] progress"; // a file on its way has one

function refuse(list, text) {
  const row = Object.assign(document.createElement("li"), { className: "bad" });
  row.append(Object.assign(document.createElement("span"), { className: "said", textContent: text }));
  list.append(row);
}

function keep(kept, html, isOnly) {
  if (isOnly) kept.replaceChildren();
  kept.insertAdjacentHTML("beforeend", html);
  const box = kept.lastElementChild.querySelector("input");
  box.defaultChecked = false; // ticked, and that is a change of the form
  box.checked = true;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

async function take(host, files) {
  const { dataset: words } = host;
  const [kept, list] = [host.querySelector("[data-kept]"), host.querySelector("[data-list]")];
  const most = Number(words.most);
  for (const ended of list.querySelectorAll("li:not(:has(progress))")) ended.remove();
  const room = most === 1 ? 1 : most - kept.querySelectorAll("input:checked").length - list.children.length;
  if (files.length > room) return refuse(list, words.tooMany);
  for (const file of files) {
    const taken = await send(words.files, file, words, list);
    if (!taken) continue;
    taken.row.remove();
    keep(kept, taken.text, most === 1);
  }
  goOn(host.closest("form"));
}

/** A form that was sent while files were on their way is sent when the last is there, unless one was refused. */
function goOn(form) {
  if (!form?.isConnected || !("waits" in form.dataset) || form.querySelector(SENDING)) return;
  delete form.dataset.waits;
  if (!form.querySelector("[data-files] .bad")) form.requestSubmit();
}

export function start() {
  for (const type of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(type, (event) => {
      const host = near(event, "[data-files]");
      if (!host || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      host.querySelector(".dropzone").classList.toggle("over", type === "dragover");
      if (type === "drop") take(host, [...event.dataTransfer.files]);
    });
  }
  document.addEventListener("change", (event) => {
    const input = near(event, "[data-files] input[type=file]");
    if (!input?.files.length) return;
    const files = [...input.files];
    input.value = "";
    take(input.closest("[data-files]"), files);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.querySelector(SENDING)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    event.target.dataset.waits = "";
  }, true);
}

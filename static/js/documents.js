// Files dropped on a record: one after the other, each with its progress, and its reason when it is refused.
import { near } from "./tools.js";
import { send } from "./uploads.js";

const form = () => document.querySelector("form[data-uploads]");

async function take(files) {
  const { action: url, dataset: words } = form();
  const list = form().querySelector("[data-list]");
  list.replaceChildren();
  let taken = 0;
  for (const file of files) if (await send(url, file, words, list)) taken += 1;
  if (!taken) return;
  const place = document.getElementById("documents");
  const left = [...list.children].filter((row) => row.classList.contains("bad"));
  await window.htmx.ajax("GET", place.dataset.documents, { target: place, swap: "innerHTML" });
  form()?.querySelector("[data-list]").append(...left);
}

export function start() {
  const place = document.getElementById("documents");
  if (!place) return;
  const isFiles = (event) => form() && event.dataTransfer?.types.includes("Files");
  const light = (isOver) => form()?.querySelector(".dropzone").classList.toggle("over", isOver);
  place.addEventListener("dragover", (event) => { if (isFiles(event)) { event.preventDefault(); light(true); } });
  place.addEventListener("dragleave", () => light(false));
  place.addEventListener("drop", (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    light(false);
    take([...event.dataTransfer.files]);
  });
  place.addEventListener("change", (event) => {
    const input = near(event, "[data-uploads] input[type=file]");
    if (!input?.files.length) return;
    const files = [...input.files];
    input.value = "";
    take(files);
  });
}

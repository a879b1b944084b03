// Files dropped on a record: one after the other, each with its progress, and its reason when it is refused.
import { near, token } from "./tools.js";

const form = () => document.querySelector("form[data-uploads]");

function line(file, words) {
  const row = document.createElement("li");
  const name = document.createElement("span");
  const bar = document.createElement("progress");
  const said = document.createElement("span");
  Object.assign(name, { className: "name", textContent: file.name, title: file.name });
  Object.assign(bar, { className: "meter blue", max: 100, value: 0 });
  bar.setAttribute("aria-label", `${words.progress}: ${file.name}`);
  said.className = "said";
  row.append(name, bar, said);
  return { row, bar, end: (text, isBad) => { bar.remove(); said.textContent = text; row.classList.toggle("bad", isBad); return !isBad; } };
}

// Resolves to true when the file was taken.
function send(url, file, words, list) {
  const { row, bar, end } = line(file, words);
  list.append(row);
  if (!file.size) return Promise.resolve(end(words.empty, true));
  if (file.size > Number(words.largest)) return Promise.resolve(end(words.tooLarge, true));
  return new Promise((done) => {
    const call = new XMLHttpRequest();
    const body = new FormData();
    body.append("files", file, file.name);
    call.open("POST", url);
    call.setRequestHeader("X-CSRFToken", token());
    call.setRequestHeader("X-Requested-With", "fetch");
    call.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total; });
    call.addEventListener("load", () => done(call.status === 204 ? end(words.done, false) : end(call.status === 422 ? call.responseText : words.lost, true)));
    call.addEventListener("error", () => done(end(words.lost, true)));
    call.send(body);
  });
}

async function take(files) {
  const { action: url, dataset: words } = form();
  const list = form().querySelector("[data-list]");
  list.replaceChildren();
  let taken = 0;
  for (const file of files) taken += await send(url, file, words, list);
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

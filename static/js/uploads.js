// One file on its way to the server: a line with its name, its progress, and the reason when it is refused.
import { token } from "./tools.js";

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
  return { row, bar, end: (text, isBad) => { bar.remove(); said.textContent = text; row.classList.toggle("bad", isBad); } };
}

/**
 * Sends one file to `url`, with a line in `list`; `words` are the sentences of the page.
 * Resolves to the line and the answer when it was taken, to null when it was not.
 */
export function send(url, file, words, list) {
  const { row, bar, end } = line(file, words);
  const refused = (text) => (end(text, true), null);
  list.append(row);
  if (!file.size) return Promise.resolve(refused(words.empty));
  if (file.size > Number(words.largest)) return Promise.resolve(refused(words.tooLarge));
  return new Promise((done) => {
    const call = new XMLHttpRequest();
    const body = new FormData();
    body.append("files", file, file.name);
    call.open("POST", url);
    call.setRequestHeader("X-CSRFToken", token());
    call.setRequestHeader("X-Requested-With", "fetch");
    call.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total; });
    call.addEventListener("load", () => {
      if (call.status !== 200 && call.status !== 204) return done(refused([422, 507].includes(call.status) ? call.responseText : words.lost));
      end(words.done, false);
      done({ row, text: call.responseText });
    });
    call.addEventListener("error", () => done(refused(words.lost)));
    call.send(body);
  });
}

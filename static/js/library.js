// Folders and documents of the library dragged into another folder. "Move to…" does the same by keyboard.
import { near, post, word } from "./tools.js";

let dragged = null;

const target = (event) => {
  const place = dragged && near(event, "[data-takes]");
  return place && place !== dragged && !place.contains(dragged) ? place : null;
};

function light(place) {
  document.querySelectorAll("[data-takes].over").forEach((one) => one !== place && one.classList.remove("over"));
  place?.classList.add("over");
}

function refuse(text) {
  const said = document.createElement("p");
  said.className = "notice warn boxed";
  said.setAttribute("role", "alert");
  said.textContent = text;
  document.getElementById("documents").prepend(said);
}

async function move(url, to) {
  const answer = await post(url, { to });
  if (answer.ok) location.reload();
  else refuse(answer.status === 422 ? await answer.text() : word("lost"));
}

export function start() {
  const library = document.querySelector("[data-library]");
  if (!library) return;
  library.addEventListener("dragstart", (event) => {
    dragged = near(event, "[data-moves]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.querySelector("th a")?.textContent.trim() ?? "");
  });
  library.addEventListener("dragend", () => {
    dragged = null;
    light(null);
  });
  library.addEventListener("dragover", (event) => {
    const place = target(event);
    light(place);
    if (place) event.preventDefault();
  });
  library.addEventListener("drop", (event) => {
    const place = target(event);
    if (!place) return;
    event.preventDefault();
    move(dragged.dataset.moves, place.dataset.takes);
  });
}

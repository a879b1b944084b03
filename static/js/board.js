// Cards put somewhere else: dragged, or by the menu "Move to…". The server has the last word.
import { open, put } from "./layers.js";
import { say } from "./toasts.js";
import { near, post, word } from "./tools.js";

const CARD = "[data-cards] > [data-pk]";
const host = () => document.querySelector("[data-places]");
const menu = () => document.getElementById("move-menu");
const cardOf = (pk) => document.querySelector(`[data-cards] > [data-pk="${pk}"]`);
const placeOf = (key) => [...document.querySelectorAll("[data-places] [data-key]")].find((one) => one.dataset.key === key);
let moved = null; // the card that the menu is about
let justDragged = false;

/** What puts a card back to where it is now. */
function wayBack(card, from, next) {
  return () => from.isConnected && from.insertBefore(card, next?.parentElement === from ? next : null);
}

function send(card, to, back) {
  const fields = new FormData();
  for (const [name, value] of new URLSearchParams(host().dataset.shape)) fields.set(name, value);
  fields.set("move-form", host().dataset.places);
  fields.set("move-to", to);
  fields.set("move-version", card.dataset.version);
  return settle(card, card.dataset.move, fields, back);
}

async function settle(card, url, fields, back) {
  card.classList.add("moving");
  const answer = await post(url, fields).catch(() => null);
  const told = answer && (await answer.json().catch(() => null));
  card.classList.remove("moving");
  if (answer?.ok && told) return done(card, told, back.isUndo);
  if (told?.ask) return ask(card, told.ask, back);
  back.run();
  const known = word(!answer ? "offline" : answer.status === 404 ? "gone" : "failed");
  say(told?.reason ?? known, { kind: "alert" });
  if (answer?.status === 409) window.htmx.ajax("GET", location.href, { target: "#list-body", swap: "innerHTML" });
}

function done(card, told, isUndo) {
  document.getElementById("dialog")?.close();
  const box = document.createElement("template");
  box.innerHTML = told.card;
  const fresh = box.content.querySelector("[data-pk]");
  const hadFocus = card.contains(document.activeElement) || document.activeElement === document.body;
  for (const name of ["data-cursor", "data-open"]) fresh.toggleAttribute(name, card.hasAttribute(name));
  const there = placeOf(told.key)?.querySelector("[data-cards]");
  if (there === card.parentElement) card.replaceWith(fresh);
  else {
    card.remove();
    there?.prepend(fresh);
  }
  if (hadFocus) fresh.querySelector("a")?.focus();
  const pk = fresh.dataset.pk;
  say(told.text, isUndo ? {} : { act: { label: `${word("undo")} Z`, isUndo: true, run: () => undo(pk, told.before) } });
  document.body.dispatchEvent(new Event("moved"));
}

function undo(pk, before) {
  const card = cardOf(pk);
  if (card) send(card, before, { isUndo: true, run: () => {} });
}

// Fields that the record needs before it can go there; without them the card goes back.
function ask(card, html, back) {
  const dialog = document.getElementById("dialog");
  dialog.innerHTML = html;
  window.htmx.process(dialog);
  open("dialog");
  let isSent = false;
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    isSent = true;
    settle(card, event.target.action, new FormData(event.target), back);
  });
  dialog.addEventListener("close", () => isSent || back.run(), { once: true });
}

function drag() {
  if (!window.Sortable) return;
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  for (const list of document.querySelectorAll("[data-places] [data-cards]")) {
    const takes = list.closest("[data-key]").hasAttribute("data-takes");
    let next = null;
    window.Sortable.create(list, {
      group: { name: "cards", put: takes },
      draggable: "[data-pk][data-movable]",
      filter: "[data-move-menu]",
      preventOnFilter: false,
      sort: false,
      animation: isCalm ? 0 : 120,
      delay: 180,
      delayOnTouchOnly: true,
      forceFallback: true,
      fallbackOnBody: true,
      fallbackTolerance: 4,
      ghostClass: "ghost",
      fallbackClass: "lifted",
      onStart: ({ item }) => {
        next = item.nextElementSibling;
        document.documentElement.classList.add("lifting");
      },
      onEnd: ({ item, from, to }) => {
        document.documentElement.classList.remove("lifting");
        justDragged = true;
        setTimeout(() => (justDragged = false), 50);
        if (from === to) return;
        send(item, to.closest("[data-key]").dataset.key, { run: wayBack(item, from, next) });
      },
    });
  }
}

function openMenu(card, button) {
  if (!card?.hasAttribute("data-movable") || !menu()) return false;
  moved = card;
  const here = card.closest("[data-key]").dataset.key;
  menu().querySelectorAll("[data-move-to]").forEach((one) => (one.disabled = one.dataset.moveTo === here));
  const day = menu().querySelector("[name=day]");
  if (day) day.value = here;
  menu().opener = button;
  menu().showPopover();
  put(menu(), button);
  menu().querySelector("input, [data-move-to]:not(:disabled)")?.focus();
  return true;
}

function moveTo(key) {
  const card = moved;
  const back = wayBack(card, card.parentElement, card.nextElementSibling);
  menu().hidePopover();
  card.querySelector("a")?.focus();
  send(card, key, { run: back });
}

// On the phone one column fills the screen: the list of columns names it and leads to others.
function jump() {
  const select = document.querySelector("[data-jump]");
  const board = document.querySelector(".board");
  if (!select || !board) return;
  select.addEventListener("change", () => document.getElementById(select.value)?.scrollIntoView({ inline: "start", block: "nearest" }));
  board.addEventListener("scroll", () => {
    const lanes = [...board.children];
    const seen = lanes.find((lane) => lane.getBoundingClientRect().right > innerWidth / 2);
    if (seen) select.value = seen.id;
  });
}

function ready() {
  drag();
  jump();
}

document.addEventListener("click", (event) => {
  const button = near(event, "[data-move-menu]");
  if (button) openMenu(button.closest(CARD), button);
  const target = near(event, "[data-move-to]");
  if (target) moveTo(target.dataset.moveTo);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-move-day]")) return;
  event.preventDefault();
  moveTo(event.target.elements.day.value);
});
document.addEventListener("click", (event) => justDragged && (event.preventDefault(), event.stopPropagation()), true);
document.addEventListener("focusin", (event) => {
  const card = near(event, CARD);
  if (card) document.querySelectorAll(CARD).forEach((one) => one.toggleAttribute("data-cursor", one === card));
});
document.addEventListener("htmx:afterSwap", (event) => event.detail.target.id === "list-body" && ready());
ready();

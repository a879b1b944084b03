// The keys of a board and a calendar; what moves cards is loaded there only (board.js).
import { does } from "./keys.js";

const CARD = "[data-cards] > [data-pk]";

/** The card that has the focus, or that was walked to. */
export function current() {
  return document.activeElement?.closest(CARD) ?? document.querySelector(`:is(${CARD})[data-cursor]`);
}

// The card beside: in the next column, or on the next day, that has any.
function beside(by) {
  const lists = [...document.querySelectorAll("[data-places] [data-cards]")].filter((one) => one.querySelector("[data-pk]"));
  const card = current();
  const there = lists[card ? lists.indexOf(card.parentElement) + by : 0];
  if (!there) return false;
  const row = card ? [...card.parentElement.querySelectorAll("[data-pk]")].indexOf(card) : 0;
  const cards = [...there.querySelectorAll("[data-pk]")];
  const next = cards[Math.min(row, cards.length - 1)];
  next.querySelector("a").focus();
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function click(found) {
  found?.click();
  return Boolean(found);
}

does("card-right", () => beside(1));
does("card-left", () => beside(-1));
does("card-move", () => click(current()?.querySelector("[data-move-menu]")));
does("days-later", () => click(document.querySelector(".calbar [rel=next]")));
does("days-earlier", () => click(document.querySelector(".calbar [rel=prev]")));

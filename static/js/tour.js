// The tour: a card goes from place to place; places that this page or screen hasn't are passed over.
import { near, post } from "./tools.js";
import { put } from "./layers.js";

const shown = (selector) => [...document.querySelectorAll(selector)].find((one) => one.checkVisibility());

export function start() {
  const card = document.getElementById("tour");
  if (!card) return;
  let steps = [];
  let at = 0;
  let place = null;

  const leave = () => {
    place?.classList.remove("toured");
    place = null;
  };

  const show = () => {
    leave();
    for (const one of card.querySelectorAll("[data-at]")) one.hidden = one !== steps[at];
    place = shown(steps[at].dataset.at);
    place.classList.add("toured");
    place.scrollIntoView({ block: "nearest" });
    card.querySelector("[data-count]").textContent = `${at + 1} / ${steps.length}`;
    card.querySelector("[data-tour=back]").disabled = at === 0;
    if (!card.matches(":popover-open")) card.showPopover();
    put(card, place);
    card.querySelector("[data-tour=next]").focus();
  };

  const begin = () => {
    document.getElementById("tour-offer")?.remove();
    steps = [...card.querySelectorAll("[data-at]")].filter((one) => shown(one.dataset.at));
    at = 0;
    if (steps.length) show();
  };

  const end = () => {
    leave();
    document.getElementById("tour-offer")?.remove();
    if (card.matches(":popover-open")) card.hidePopover();
    post(card.dataset.url, {}).catch(() => {});
    document.getElementById("main")?.focus();
  };

  const go = (by) => {
    at += by;
    if (at < 0) at = 0;
    if (at >= steps.length) end();
    else show();
  };

  const acts = { start: begin, end, next: () => go(1), back: () => go(-1) };
  document.addEventListener("click", (event) => acts[near(event, "[data-tour]")?.dataset.tour]?.());
  card.addEventListener("keydown", (event) => {
    const act = { Escape: "end", ArrowRight: "next", ArrowLeft: "back" }[event.key];
    if (!act) return;
    event.preventDefault();
    acts[act]();
  });
  addEventListener("resize", () => place && put(card, place));
  if ("starts" in card.dataset) begin();
}

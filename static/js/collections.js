// Child rows of a form (phones, mails, addresses) are added and taken away.
import { near } from "./tools.js";

function add(host) {
  const total = host.querySelector("[data-total]");
  const blank = host.querySelector("template").innerHTML.replaceAll("__n__", total.value);
  const rows = host.querySelector(".rows");
  rows.insertAdjacentHTML("beforeend", blank);
  total.value = Number(total.value) + 1;
  rows.lastElementChild.querySelector("input:not([type=hidden], [type=checkbox]), select")?.focus();
}

export function start() {
  document.addEventListener("click", (event) => {
    const button = near(event, "[data-add-row]");
    if (button) add(button.closest("[data-collection]"));
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches?.("[data-drop-row]")) return;
    const row = event.target.closest(".rowline");
    row.toggleAttribute("data-gone", event.target.checked);
    row.querySelectorAll("input, select").forEach((one) => (one.required = false));
    row.closest("[data-collection]").querySelector("[data-add-row]")?.focus();
  });
}

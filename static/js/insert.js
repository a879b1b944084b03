// Words beside a box: a click puts one where the cursor stands. Of a function the first part is selected, ready to be written over.
import { near } from "./tools.js";

export function start() {
  const words = document.querySelector("[data-inserts]");
  if (!words) return;
  const box = document.getElementById(words.dataset.inserts);
  words.addEventListener("click", (event) => {
    const button = near(event, "[data-insert]");
    if (!button) return;
    const text = button.dataset.insert;
    const start = box.selectionStart;
    box.setRangeText(text, start, box.selectionEnd, "end");
    const inside = /\(([^(),，]*)/.exec(text);
    if (inside?.[1]) box.setSelectionRange(start + inside.index + 1, start + inside.index + 1 + inside[1].length);
    box.focus();
    box.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

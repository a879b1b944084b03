// Menus are placed beside their button, dialogs open when something is put into them.
import { near } from "./tools.js";

const GAP = 4;
const ENOUGH = 280; // px: with so much room a long menu stays below its button and scrolls

/** Places a floating layer below its button, or above it where there is no room. */
export function put(menu, button) {
  const at = button.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const wanted = button.dataset.place === "end" ? at.right - size.width : at.left;
  const left = Math.max(8, Math.min(wanted, innerWidth - size.width - 8));
  const roomBelow = innerHeight - at.bottom - GAP - 8;
  const isBelow = size.height <= roomBelow || roomBelow >= ENOUGH;
  menu.style.setProperty("left", `${left}px`);
  menu.style.setProperty("top", isBelow ? `${at.bottom + GAP}px` : "auto");
  menu.style.setProperty("bottom", isBelow ? "auto" : `${innerHeight - at.top + GAP}px`);
  menu.style.setProperty("max-height", `${isBelow ? roomBelow : at.top - GAP - 8}px`);
}

/** Opens the dialog with this id. */
export function open(id) {
  const dialog = document.getElementById(id);
  if (dialog && !dialog.open) dialog.showModal();
  return dialog;
}

function choices(menu) {
  return [...menu.querySelectorAll("a, button, input, select, summary, textarea")].filter((one) => !one.disabled && one.offsetParent);
}

// A search box would spend Escape on clearing itself; here it closes what it stands in.
function leave(event) {
  if (event.key !== "Escape" || event.isComposing || !event.target.matches?.("input[type=search]")) return;
  const layer = event.target.closest("dialog, [popover]");
  if (!layer) return;
  event.preventDefault();
  if (layer instanceof HTMLDialogElement) layer.close();
  else layer.hidePopover();
}

function walk(event) {
  const menu = near(event, ".menu[popover]");
  if (!menu || !["ArrowDown", "ArrowUp"].includes(event.key) || event.isComposing) return;
  if (event.target.matches("select, textarea, [type=date], [type=datetime-local], [type=radio], [role=combobox]")) return;
  const all = choices(menu);
  const step = event.key === "ArrowDown" ? 1 : -1;
  all[(all.indexOf(document.activeElement) + step + all.length) % all.length]?.focus();
  event.preventDefault();
}

export function start() {
  document.addEventListener(
    "toggle",
    (event) => {
      const menu = event.target;
      if (!menu.matches?.(".menu[popover]")) return;
      const button = menu.opener ?? document.querySelector(`[popovertarget="${menu.id}"]`);
      button?.setAttribute("aria-expanded", String(event.newState === "open"));
      if (event.newState === "open" && button) {
        put(menu, button);
        menu.querySelector("[autofocus]")?.focus();
      }
    },
    true,
  );
  document.addEventListener("click", (event) => {
    const button = near(event, "[popovertarget]");
    if (button) {
      const menu = document.getElementById(button.getAttribute("popovertarget"));
      if (menu) menu.opener = button;
    }
    const opener = near(event, "[data-opens]");
    if (opener) {
      opener.closest("[popover]")?.hidePopover();
      open(opener.dataset.opens);
    }
    near(event, "[data-closes]")?.closest("dialog")?.close();
    if (event.target instanceof HTMLDialogElement) event.target.close(); // the veil round it
  });
  document.addEventListener("keydown", leave);
  document.addEventListener("keydown", walk);
  document.addEventListener("htmx:afterSwap", (event) => {
    const target = event.detail.target;
    if (target.id === "dialog" && target.childElementCount) {
      document.querySelectorAll("[popover]:popover-open").forEach((menu) => menu.hidePopover());
      open("dialog");
    }
  });
  document.getElementById("dialog")?.addEventListener("close", (event) => event.target.replaceChildren());
}

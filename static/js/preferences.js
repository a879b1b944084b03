// Theme, navigation and row height change at once; the server remembers them in the background.
import { near, post } from "./tools.js";

const ATTRIBUTES = { theme: "bsTheme", nav: "nav", density: "density" };

export function start() {
  document.addEventListener("submit", async (event) => {
    const form = near(event, "[data-preferences]");
    const button = event.submitter;
    if (!form || !button?.name || button.closest("[data-reloads]")) return;
    event.preventDefault();
    const { name, value } = button;
    document.documentElement.dataset[ATTRIBUTES[name]] = value;
    for (const other of document.querySelectorAll(`button[name="${name}"][aria-pressed]`)) {
      other.setAttribute("aria-pressed", String(other.value === value));
    }
    const answer = await post(form.action, { [name]: value }).catch(() => null);
    if (answer?.ok && !button.hasAttribute("aria-pressed")) location.reload();
  });
}

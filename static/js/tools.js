// Small questions that several modules ask.

/** The sentence kept in the page for `name`, in the person's language. */
export function word(name) {
  return document.getElementById("words")?.dataset[name] ?? name;
}

/** Why a request came to nothing; a 503 says it itself: held by somebody else, or stopped at the time limit. */
export function whyNot({ status, responseText }) {
  const page = status === 503 ? new DOMParser().parseFromString(responseText, "text/html") : null;
  const reason = page?.querySelector("[data-reason]")?.textContent.trim();
  return reason || word(status === 403 ? "refused" : status === 404 ? "gone" : "failed");
}

/** True while the key belongs to text being written, an input method composing included. */
export function isTyping(event) {
  const target = event.target;
  return (
    event.isComposing ||
    event.keyCode === 229 ||
    (target instanceof HTMLElement &&
      (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button])")))
  );
}

/** The nearest ancestor of the event's target that matches. */
export function near(event, selector) {
  return event.target instanceof Element ? event.target.closest(selector) : null;
}

/** Calls `work` when nothing called for `wait` milliseconds. */
export function calmly(work, wait) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), wait);
  };
}

/** Sends a form's fields, `more` added; the page's token goes along. */
export function post(url, fields) {
  const body = fields instanceof FormData ? fields : new URLSearchParams(fields);
  return fetch(url, { method: "POST", body, headers: { "X-CSRFToken": token(), "X-Requested-With": "fetch" } });
}

/** The token that lets this page write. */
export function token() {
  const headers = document.body.getAttribute("hx-headers");
  const field = document.querySelector("[name=csrfmiddlewaretoken]");
  return headers ? JSON.parse(headers)["X-CSRFToken"] : (field?.value ?? "");
}

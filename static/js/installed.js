// Registers the service worker (see templates/crm/installable/worker.js) when the page has nothing better to do.
export function start() {
  if (!("serviceWorker" in navigator)) return;
  const register = () => navigator.serviceWorker.register("/sw.js").catch(() => {});
  addEventListener("load", () => ("requestIdleCallback" in window ? requestIdleCallback(register) : setTimeout(register, 1000)));
}

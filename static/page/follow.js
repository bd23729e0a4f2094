// A page of a sign-on of which the browser may show several, in as many tabs. When the person has signed on in one, the others ask whether that
// does for them too, and go on to their own applications; where it does not, they stay as they are, with all that was typed. Without script the
// next answer or a reload finds the session.

(() => {
  const { ask, cookie } = /** @type {HTMLScriptElement} */ (document.currentScript).dataset;
  const limit = 20; // questions that one page asks, so that nothing which changes cookies keeps it busy
  const pause = 1000, until = Date.now() + 30 * 60_000;

  const state = () => document.cookie.split("; ").filter((pair) => pair.startsWith(`${cookie}=`)).join();
  const signedOn = () => state().includes("=s.") || state().includes("=b.");

  let asked = 0, last = "";
  /** @type {Promise<void> | undefined} */
  let busy;

  const question = async () => {
    try {
      const reply = await fetch(String(ask) + location.search, { method: "POST", cache: "no-store", credentials: "same-origin" });
      if (reply.status === 200) location.replace(await reply.text());
      if (reply.status >= 400) asked = limit;
    } catch {
      // No network just now: the next change asks again.
    }
  };

  const look = () => {
    last = state();
    if (busy || !signedOn() || asked++ >= limit) return;
    busy = question().finally(() => setTimeout(() => {
      busy = undefined;
      if (state() !== last) look();
    }, pause));
  };

  if ("cookieStore" in window) {
    // Also the countdown of a session tells that something was proved in it.
    cookieStore.addEventListener("change", ({ changed }) => {
      if (changed.some(({ name }) => name?.startsWith(String(cookie)))) look();
    });
  } else {
    const timer = setInterval(() => {
      if (Date.now() > until) clearInterval(timer);
      if (!document.hidden && state() !== last) look();
    }, pause);
  }
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) look();
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) look();
  });
  look();
})();

// A page that waits for another device: it asks every few moments whether that has answered, and goes on when it has. Without script the page
// loads itself anew instead.

(() => {
  const { poll, next, every } = /** @type {HTMLScriptElement} */ (document.currentScript).dataset;
  const pause = Math.max(Number(every) || 0, 1000);

  const look = async () => {
    try {
      const reply = await fetch(String(poll), { cache: "no-store", credentials: "same-origin" });
      if (reply.status !== 204) {
        location.replace(String(next));
        return;
      }
    } catch {
      // No network just now: the next look may find it.
    }
    setTimeout(look, pause);
  };
  setTimeout(look, pause);
})();

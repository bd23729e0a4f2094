// Has the browser do the work that a form asks for while the person fills it in. Whoever is faster than the work waits a moment: the form is sent
// when it is done.

(() => {
  /** @type {NodeListOf<HTMLElement>} */
  const asked = document.querySelectorAll("[data-effort]");
  for (const said of asked) {
    const answer = /** @type {HTMLInputElement} */ (said.querySelector("input"));
    const words = /** @type {HTMLElement} */ (said.querySelector("[role=status]"));
    const form = /** @type {HTMLFormElement} */ (answer.form);
    /** @type {HTMLElement | null} */
    let pressed = null;
    let done = false;

    /** @param {string} value @param {string | undefined} text */
    const finish = (value, text) => {
      done = true;
      answer.value = value;
      words.textContent = String(text);
      if (pressed) form.requestSubmit(pressed);
    };
    form.addEventListener("submit", (event) => {
      const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
      if (done || button?.formNoValidate) return;
      event.preventDefault();
      pressed = button;
    });
    try {
      const worker = new Worker("/static/page/effort-worker.js", { type: "module" });
      worker.addEventListener("message", ({ data }) => finish(data, said.dataset.done));
      worker.addEventListener("error", () => finish("", said.dataset.unable));
      worker.postMessage(said.dataset.effort);
    } catch {
      finish("", said.dataset.unable);
    }
  }
})();

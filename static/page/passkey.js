// A page that asks for a passkey: its button calls the browser's authenticator, puts the answer into the form and sends it. Where a user name is
// typed the browser also offers passkeys by itself. What is asked comes with the button, as JSON with base64url for bytes (WebAuthn 5.1.8, 5.1.9).

(() => {
  /** @param {string} text */
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

  /** @param {ArrayBuffer | null | undefined} buffer */
  const text = (buffer) => buffer ? btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") : undefined;

  /** @param {{id: string}} one */
  const known = (one) => ({ ...one, id: bytes(one.id) });

  /** @param {HTMLButtonElement} button */
  const question = (button) => {
    const asked = JSON.parse(String(button.dataset.options));
    asked.challenge = bytes(asked.challenge);
    if (asked.user) asked.user = known(asked.user);
    if (asked.excludeCredentials) asked.excludeCredentials = asked.excludeCredentials.map(known);
    if (asked.allowCredentials) asked.allowCredentials = asked.allowCredentials.map(known);
    return asked;
  };

  /** @param {PublicKeyCredential} credential */
  const spelled = (credential) => {
    const answer = /** @type {AuthenticatorAttestationResponse & AuthenticatorAssertionResponse} */ (credential.response);
    return JSON.stringify({
      id: credential.id, rawId: text(credential.rawId), type: credential.type, clientExtensionResults: {},
      authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
      response: {
        clientDataJSON: text(answer.clientDataJSON), attestationObject: text(answer.attestationObject), authenticatorData: text(answer.authenticatorData),
        signature: text(answer.signature), userHandle: text(answer.userHandle), transports: answer.getTransports?.(),
      },
    });
  };

  const buttons = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll("button[data-passkey]")]);

  /** @type {AbortController | undefined} */
  let offer;

  /**
   * @param {HTMLButtonElement} button
   * @param {string} words
   */
  const tell = (button, words) => {
    const place = document.getElementById(`${button.id}-error`);
    if (!place) return;
    place.textContent = words;
    place.hidden = words === "";
  };

  /**
   * @param {HTMLButtonElement} button
   * @param {Credential | null} credential
   */
  const send = (button, credential) => {
    const form = button.form;
    const field = form?.elements.namedItem(button.value);
    if (!credential || !form || !(field instanceof HTMLInputElement)) return;
    field.value = spelled(/** @type {PublicKeyCredential} */ (credential));
    form.requestSubmit(button);
  };

  /**
   * @param {HTMLButtonElement} button
   * @param {unknown} problem
   */
  const words = (button, problem) => {
    const name = problem instanceof Error ? problem.name : "";
    if (name === "InvalidStateError") return String(button.dataset.known);
    if (name === "SecurityError" || name === "NotSupportedError") return String(button.dataset.unable);
    return String(button.dataset.refused);
  };

  /** @param {HTMLButtonElement} button */
  const use = async (button) => {
    offer?.abort();
    tell(button, "");
    button.disabled = true;
    try {
      const publicKey = question(button);
      const credential = button.dataset.passkey === "create" ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
      button.disabled = false;
      send(button, credential);
    } catch (problem) {
      button.disabled = false;
      tell(button, words(button, problem));
      button.focus();
    }
  };

  // The browser's own offer, beside the user names that it remembers. It waits without an end, and says nothing when nobody takes it up.
  const offering = async () => {
    const button = buttons.find((b) => b.dataset.passkey === "get");
    if (!button || !document.querySelector("input[autocomplete~=webauthn]") || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    offer = new AbortController();
    try {
      send(button, await navigator.credentials.get({ mediation: "conditional", publicKey: question(button), signal: offer.signal }));
    } catch {
      // Stopped by the button, or not offered: the button is still there.
    }
  };

  for (const button of buttons) {
    if (!("PublicKeyCredential" in window)) {
      button.disabled = true;
      tell(button, String(button.dataset.unable));
      continue;
    }
    button.addEventListener("click", (event) => {
      const field = button.form?.elements.namedItem(button.value);
      if (field instanceof HTMLInputElement && field.value !== "") return; // answered: let it go
      event.preventDefault();
      void use(button);
    });
  }
  if ("PublicKeyCredential" in window) void offering();
})();

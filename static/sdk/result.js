/** @returns {import("./vigil.js").SignInResult} */
export const nobody = () => ({ user: null, sessionState: null, tokens: null, error: null, signedOff: false });

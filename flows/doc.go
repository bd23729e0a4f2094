// Package flows holds the sign-on flows that ship, each with its tests beside it.
//
//   - sign-on asks for the password unless there is a session, and idles for thirty minutes;
//   - sign-on-remember lets the person choose whether the session outlives the browser;
//   - sign-on-passkey asks for a passkey first, falls back to the password and offers a passkey then;
//   - sign-on-external lets another identity provider vouch, and links its people to accounts;
//   - add-passkey is the part that registers a passkey;
//   - demo is what the demo serves: two idle minutes.
//
// Their own texts are English, and locales/de.yaml has all of them in German.
//
// It holds files, no code: the engine compiles them, and runs their tests.
package flows

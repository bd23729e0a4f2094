package interop

import (
	"slices"
	"testing"

	"vigil/internal/chromium"
)

// keysFlow asks for a password or a passkey, and offers a passkey to whoever used the password.
const keysFlow = `flow: keys
title: Keys
vars: {user: user}
start: credentials

nodes:
  credentials:
    form:
      title: Sign on
      fields:
        - {name: username, type: text, label: User name, required: false}
        - {name: password, type: password, label: Password, required: false}
        - {name: passkey, type: passkey, label: Use a passkey}
      buttons: [{name: signOn, label: Sign on}]
    then: {signOn: verify, passkey: check}

  verify:
    do: user.checkPassword
    with: {username: = credentials.username, password: = credentials.password}
    limit: 5
    then: {success: {to: offer, set: {user: = verify.user}}, failure: denied, locked: denied, mustChange: denied, exhausted: denied}

  offer:
    form:
      title: Make a passkey
      fields: [{name: fresh, type: newPasskey, label: Create a passkey, account: = vars.user}]
      buttons: [{name: later, label: Later, kind: link}]
    then: {fresh: register, later: denied}

  register:
    do: passkey.register
    with: {user: = vars.user, passkey: = offer.fresh}
    then: {added: done, failure: denied, proveFirst: denied, tooMany: denied}

  check:
    do: passkey.check
    with: {passkey: = credentials.passkey}
    then: {success: {to: done, set: {user: = check.user}}, failure: {to: credentials, message: That passkey does not work here., field: passkey}}

  denied: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = vars.user, idleTimeout: 30m}}
`

func TestPingsClientMakesAPasskeyOnTheApplicationsPageAndSignsOnWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "  passkeyRelyingParty: vigil.localhost")
	w.tab.Authenticator()
	begun := call[node](w.tab, "start({acr_values: 'keys'})")
	want := []string{"TextCollector username", "PasswordCollector password", "FidoAuthenticationCollector passkey", "SubmitCollector signOn"}
	if begun.Status != "continue" || !slices.Equal(begun.Collectors, want) {
		t.Fatalf("the first form: %+v", begun)
	}
	offered := w.submit(map[string]any{"username": "ada", "password": "correct horse ada"})
	if want := []string{"FidoRegistrationCollector fresh", "FlowCollector later"}; !slices.Equal(offered.Collectors, want) {
		t.Fatalf("the second form: %+v", offered)
	}
	if made := call[node](w.tab, "passkey('fresh')"); made.Status != "success" {
		t.Fatalf("a new passkey came to %+v", made)
	}
	if begun = call[node](w.tab, "start({acr_values: 'keys', prompt: 'login'})"); begun.Status != "continue" {
		t.Fatalf("the flow began with %+v", begun)
	}
	done := call[node](w.tab, "passkey('passkey')")
	if done.Status != "success" {
		t.Fatalf("the passkey came to %+v", done)
	}
	tokens := chromium.Eval[map[string]any](w.tab, "ping.exchange('"+done.Code+"', '"+done.State+"')")
	if tokens["idToken"] == nil {
		t.Errorf("tokens: %v", tokens)
	}
}

package spectest

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

func TestAnApplicationThatRegisteredItselfIsToldOfEveryEndOfASession(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world){
		"sign-off":    func(w *world) { w.signOff(nil); w.confirm("yes") },
		"time-out":    func(w *world) { w.advance("31m") },
		"an operator": func(w *world) { w.end("ada") },
	} {
		w := newWorld(t)
		address := w.here("heard")
		w.settings = []string{"registration: {consent: NONE}", "allowPrivateLogoutAddresses: true"}
		w.start()
		token := w.initialToken(-1)
		r := w.registered(token, map[string]any{"backchannel_logout_uri": address, "backchannel_logout_session_required": true})
		gone := w.registered(token, map[string]any{"backchannel_logout_uri": address + "-gone"})
		id := r.text("client_id")
		tokens := w.signOnAt(id)
		w.signOnAt(gone.text("client_id"))
		if r := w.ask(http.MethodDelete, gone.text("registration_client_uri"), gone.text("registration_access_token"), nil); r.status != 204 {
			t.Fatal(r.status)
		}
		end(w)
		w.deliver()
		heard := w.receiver.tokens["heard"]
		if len(heard) != 1 || len(w.receiver.tokens["heard-gone"]) != 0 {
			t.Errorf("%s: told %d times, the one that is gone %d times", name, len(heard), len(w.receiver.tokens["heard-gone"]))
			continue
		}
		said, known := w.claimsOf(id, heard[0], w.clock.now()), payload(t, tokens.text("id_token"))
		if said["sid"] != known["sid"] || said["sub"] != known["sub"] {
			t.Errorf("%s: %v of %v", name, said, known)
		}
	}
}

func TestAnApplicationThatSaysNothingOfItGetsItsIDTokensInRS256(t *testing.T) {
	t.Parallel()
	w, token := open(t, "consent: NONE")
	for alg, changes := range map[string]map[string]any{
		"RS256": {"id_token_signed_response_alg": nil}, "PS256": {"id_token_signed_response_alg": "PS256"}, "EdDSA": {"id_token_signed_response_alg": "EdDSA"},
	} {
		id := w.registered(token, changes).text("client_id")
		head, _, _ := strings.Cut(w.signOnAt(id).text("id_token"), ".")
		said, err := base64.RawURLEncoding.DecodeString(head)
		if err != nil || !strings.Contains(string(said), `"alg":"`+alg+`"`) {
			t.Errorf("%s: %s %v", alg, said, err)
		}
	}
}

package spectest

import (
	"strings"
	"testing"
	"time"
)

// published are the served keys as text.
func (w *world) published() string {
	_, body := w.get("https://" + issuerHost + "/as/jwks")
	return body
}

// later lets time pass, and the server do what it does every minute.
func (w *world) later(d time.Duration) {
	w.t.Helper()
	for range int(d / time.Hour) {
		w.clock.at = w.clock.at.Add(time.Hour)
		if err := w.server.Worker.Forget(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
}

// OIDC Core 10.1.1: keys change, and nobody who reads the published ones notices.
func TestKeysChangeByThemselvesAndNothingThatWasSignedFailsBeforeItsTime(t *testing.T) {
	w := newWorld(t)
	w.settings = []string{"keys: {rotateEvery: 2d, publishBefore: 6h, keepFor: 1d}"}
	w.flow = "idleTimeout: 60d"
	w.apps = []app{{"spa", nil}}
	w.start()
	w.signOn("ada", "spa", nil)
	w.redeem("spa")
	first := w.current.idTokens["spa"]
	before := w.published()

	w.later(2*24*time.Hour - 5*time.Hour)
	announced := w.published()
	if announced == before {
		t.Error("the next keys are not published six hours before")
	}
	w.later(6 * time.Hour)
	w.authorize("spa", []string{"prompt=none"})
	w.redeem("spa")
	second := w.current.idTokens["spa"]
	header := func(token string) string { h, _, _ := strings.Cut(token, "."); return h }
	if header(first) == header(second) {
		t.Fatal("the old key still signs")
	}
	for _, token := range []string{first, second} {
		w.claims(token) // by what is published now
		w.current.idTokens["spa"] = token
		if got := w.authorize("spa", []string{"prompt=none", "hint=spa"}); !contains(got, "code") {
			t.Errorf("as a hint: %v", got)
		}
	}
	w.later(24 * time.Hour)
	w.current.idTokens["spa"] = first
	if got := w.authorize("spa", []string{"prompt=none", "hint=spa"}); !contains(got, "error=invalid_request") {
		t.Errorf("the hint of a forgotten key: %v", got)
	}
	if strings.Contains(w.published(), `"d":`) {
		t.Error("something private is published")
	}
}

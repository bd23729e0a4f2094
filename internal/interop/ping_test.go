package interop

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"vigil/internal/chromium"
)

// node is what the page tells of a node of davinci-client.
type node struct {
	Status, Name, Code, State, Session string
	Collectors, Fields                 []string
	Error                              any
	Message                            string
}

func call[T any](tab *chromium.Tab, expression string) T {
	return chromium.Eval[T](tab, "ping."+expression)
}

func (w *world) submit(values map[string]any) node {
	w.t.Helper()
	text, err := json.Marshal(values)
	if err != nil {
		w.t.Fatal(err)
	}
	return call[node](w.tab, fmt.Sprintf("submit(%s)", text))
}

// signOn goes through the forms of the flow in the page, and keeps the tokens.
func (w *world) signOn() {
	w.t.Helper()
	if begun := call[node](w.tab, "start()"); begun.Status != "continue" {
		w.t.Fatalf("the flow began with %+v", begun)
	}
	done := w.submit(map[string]any{"username": "ada", "password": "correct horse ada"})
	if done.Status != "success" || done.Code == "" || done.State == "" || done.Session == "" {
		w.t.Fatalf("the flow ended with %+v", done)
	}
	tokens := call[map[string]any](w.tab, fmt.Sprintf("exchange(%q, %q)", done.Code, done.State))
	if tokens["accessToken"] == nil || tokens["idToken"] == nil {
		w.t.Fatalf("tokens: %v", tokens)
	}
}

func TestPingsClientsSignAPersonOnAndOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	begun := call[node](w.tab, "start()")
	want := []string{"TextCollector username", "PasswordCollector password", "SubmitCollector signOn", "FlowCollector cancel"}
	if begun.Status != "continue" || begun.Name != "Sign on" || !slices.Equal(begun.Collectors, want) {
		t.Fatalf("the first form: %+v", begun)
	}
	w.signOn()
	if who := call[map[string]any](w.tab, "info()"); who["preferred_username"] != "ada" {
		t.Errorf("userinfo: %v", who)
	}
	w.stillOn(true)
	if got := call[map[string]any](w.tab, "logout()"); got["error"] != nil {
		t.Errorf("sign-off: %v", got)
	}
	if got := call[map[string]any](w.tab, "session({ responseType: 'id_token' })"); got["error"] != "login_required" {
		t.Errorf("after the sign-off the session is %v", got)
	}
	if got := call[node](w.tab, "start()"); got.Status != "continue" {
		t.Errorf("after the sign-off the flow began with %+v", got)
	}
}

// stillOn asks for the session in all ways that oidc-client knows.
func (w *world) stillOn(on bool) {
	w.t.Helper()
	for _, way := range []string{"session()", "sessionByFetch()", "session({ responseType: 'id_token' })"} {
		got := call[map[string]any](w.tab, way)
		if fault, _ := got["error"].(string); on != (fault == "") || !on && fault != "login_required" {
			w.t.Errorf("%s: %v", way, got)
		}
	}
}

func TestPingsClientSeesThatASessionEndedElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.signOn()
	w.stillOn(true)
	w.endSessions()
	w.stillOn(false)
}

func TestPingsClientRenewsInTheBackgroundWithAndWithoutPushedRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	if got := call[map[string]any](w.tab, "background()"); got["error"] != "login_required" || got["redirectUrl"] == nil {
		t.Errorf("nobody is signed on: %v", got)
	}
	w.signOn()
	if got := call[map[string]any](w.tab, "background()"); got["code"] == nil || got["state"] == nil {
		t.Errorf("in the background: %v", got)
	}
	if got := call[map[string]any](w.tab, "pushed()"); got["code"] == nil || got["state"] == nil {
		t.Errorf("in the background, pushed: %v", got)
	}
}

func TestPingsClientKeepsTheFormThroughRefusedAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	call[node](w.tab, "start()")
	for range 3 {
		got := w.submit(map[string]any{"username": "ada", "password": "wrong"})
		if got.Status != "error" || got.Error != "INVALID_DATA" || !slices.Equal(got.Fields, []string{"password"}) || len(got.Collectors) != 4 {
			t.Fatalf("a wrong password: %+v", got)
		}
	}
	if got := w.submit(map[string]any{"password": "correct horse ada"}); got.Status != "success" {
		t.Errorf("the right one after that: %+v", got)
	}
}

func TestPingsClientLeavesAFlowByItsLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	call[node](w.tab, "start()")
	if got := call[node](w.tab, `press("cancel")`); got.Status != "failure" || got.Error != "access_denied" || got.Message != "Cancelled." {
		t.Errorf("after the link: %+v", got)
	}
}

func TestPingsClientShowsEveryFieldOfAFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	got := call[node](w.tab, `start({ acr_values: "details" })`)
	want := []string{
		"ReadOnlyCollector _text-0", "TextCollector nick", "TextCollector mail", "PhoneNumberCollector phone", "TextCollector age", "TextCollector born",
		"BooleanCollector news", "ValidatedBooleanCollector terms", "SingleSelectCollector colour", "PasswordCollector secret", "TextCollector code",
		"SubmitCollector next", "FlowCollector later",
	}
	if !slices.Equal(got.Collectors, want) {
		t.Fatalf("collectors\n%s\nwant\n%s", strings.Join(got.Collectors, "\n"), strings.Join(want, "\n"))
	}
	if said := call[[]string](w.tab, `judge("mail", "nobody")`); len(said) != 1 {
		t.Errorf("a bad address is judged %q", said)
	}
	if shown := call[string](w.tab, `shown("nick")`); shown != "Countess" {
		t.Errorf("the nickname is prefilled with %q", shown)
	}
	values := map[string]any{
		"mail": "ada@example.com", "phone": map[string]string{"countryCode": "+44", "phoneNumber": "20 7946 0000"}, "age": "36", "born": "1815-12-10",
		"news": true, "terms": false, "colour": "green", "secret": "a new secret", "code": "123 456",
	}
	if got := w.submit(values); got.Status != "error" || !slices.Equal(got.Fields, []string{"terms"}) {
		t.Fatalf("a box that must be ticked is not: %+v", got)
	}
	summary := w.submit(map[string]any{"terms": true})
	const told = "Countess ada@example.com +44 20 7946 0000 36 green true true"
	if summary.Status != "continue" || !strings.Contains(w.text(), told) {
		t.Fatalf("the flow got %q, want %q: %+v", w.text(), told, summary)
	}
}

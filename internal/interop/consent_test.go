package interop

import (
	"slices"
	"strings"
	"testing"
)

func TestPingsClientAsksForConsentAndKeepsTheQuestionUntilItIsAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	call[node](w.tab, `start({ prompt: "consent login" })`)
	asked := w.submit(map[string]any{"username": "ada", "password": "correct horse ada"})
	want := []string{"ReadOnlyCollector _agreement-0", "ValidatedBooleanCollector agree", "SubmitCollector continue", "FlowCollector refuse"}
	if asked.Status != "continue" || !slices.Equal(asked.Collectors, want) || !strings.Contains(w.text(), "Your name") {
		t.Fatalf("the question: %+v, %q", asked, w.text())
	}
	for range 2 {
		if got := w.submit(map[string]any{"agree": false}); got.Status != "error" || !slices.Equal(got.Fields, []string{"agree"}) {
			t.Fatalf("neither yes nor no: %+v", got)
		}
	}
	if got := w.submit(map[string]any{"agree": true}); got.Status != "success" || got.Code == "" {
		t.Errorf("after yes: %+v", got)
	}
	call[node](w.tab, `start({ prompt: "consent login" })`)
	w.submit(map[string]any{"username": "ada", "password": "correct horse ada"})
	if got := call[node](w.tab, `press("refuse")`); got.Status != "failure" || got.Error != "access_denied" {
		t.Errorf("after no: %+v", got)
	}
}

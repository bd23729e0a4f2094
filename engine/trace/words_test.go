package trace_test

import (
	"strings"
	"testing"

	"vigil/engine/connector"
	"vigil/engine/trace"
)

func TestWhatStrangersTypedSteersNoTerminal(t *testing.T) {
	const steer = "\x1b]0;mine\a\r\n\u009b2J"
	events := []trace.Event{
		{Kind: trace.Started, Flow: "sign-on", Request: &connector.Request{LoginHint: "hint" + steer, Browser: connector.Browser{Platform: "linux" + steer}}},
		{Kind: trace.Answered, Node: "ask" + steer, Button: "go" + steer, Values: map[string]string{"name": "ada" + steer}},
		{Kind: trace.Asked, Node: "call", Outcome: "done", Output: map[string]any{"text": "said" + steer, "list": []any{"one" + steer}}},
	}
	seen := map[string]int{}
	for _, e := range events {
		for _, said := range append(e.Details(seen), e.String()) {
			if strings.ContainsAny(said, "\x1b\a\r\n\u009b") {
				t.Errorf("%q", said)
			}
		}
	}
	if got := events[1].String(); !strings.HasPrefix(got, "answers ask") || !strings.Contains(got, " by go") {
		t.Errorf("%q", got)
	}
}

package trace_test

import (
	"slices"
	"strings"
	"testing"

	"vigil/engine/run"
	"vigil/engine/trace"
)

// hashed is a run in which the same wrong password is typed twice, and then the right one, recorded with a key.
func hashed(t *testing.T, key string) []trace.Event {
	t.Helper()
	p := perform(t, signOn(t), ada)
	if key != "" {
		p.r.Key = []byte(key)
	}
	for _, password := range []string{"wrong guess", "wrong guess", "correct horse"} {
		p.answer("ada", password)
	}
	return p.events()
}

func TestHashesTellWhichSecretsAreTheSameAndNothingWithoutTheKey(t *testing.T) {
	of := func(events []trace.Event) (hashes []string) {
		for _, e := range events {
			if e.Kind == trace.Answered {
				hashes = append(hashes, e.Hashes["password"])
			}
		}
		return hashes
	}
	one, other := of(hashed(t, "key")), of(hashed(t, "another key"))
	if one[0] == "" || one[0] != one[1] || one[1] == one[2] || slices.Contains(other, one[0]) || slices.Contains(other, one[2]) {
		t.Errorf("%q and %q", one, other)
	}
	if none := of(hashed(t, "")); strings.Join(none, "") != "" {
		t.Errorf("hashed without a key: %q", none)
	}
	seen := map[string]int{}
	var names []string
	for _, e := range hashed(t, "key") {
		names = append(names, e.Names(seen)...)
	}
	if got := strings.Join(names, ", "); got != "password (secret 1), password (secret 1), password (secret 2)" {
		t.Error(got)
	}
	if d, err := trace.Replay(signOn(t), hashed(t, "key"), run.Environment{}); d != nil || err != nil {
		t.Errorf("%v %v", d, err)
	}
}

func TestThePageOfAnEventIsLookedAtAgain(t *testing.T) {
	events := hashed(t, "key")
	for at, want := range map[int]string{1: "credentials", 4: "credentials", 9: "credentials: The user name or the password is not right.", len(events): "end"} {
		effect, err := trace.Look(signOn(t), events, at, run.Environment{})
		if err != nil {
			t.Fatal(err)
		}
		got := "end"
		if page, waits := effect.(run.Page); waits {
			if got = page.Node; page.Message != "" {
				got += ": " + page.Message
			}
		}
		if got != want {
			t.Errorf("at %d: %s", at, got)
		}
	}
	if _, err := trace.Look(signOn(t), events[1:], 3, run.Environment{}); err == nil {
		t.Error("events without their beginning are a run")
	}
}

func TestAnEventSaysWhatBelongsToIt(t *testing.T) {
	seen := map[string]int{}
	var said []string
	for _, e := range hashed(t, "key") {
		said = append(said, e.Details(seen)...)
	}
	got := strings.Join(said, "\n")
	for _, want := range []string{"username = ada", "password (secret 2) was given", "user = ada", "proves pwd", "idleTimeout = 30m"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, secret := range []string{"horse", "guess"} {
		if strings.Contains(got, secret) {
			t.Errorf("%q is told", secret)
		}
	}
}

func TestAnAnswerToAnotherPageThanThePresentOneIsKeptWithoutWhatWasTyped(t *testing.T) {
	p := perform(t, signOn(t), ada)
	page, _ := p.stage.Effect().(run.Page)
	p.r.Answered(page, run.Input{Node: "choose", Values: map[string]string{"username": "a secret of another page"}})
	events := p.events()
	if last := events[len(events)-1]; last.Node != "choose" || len(last.Values)+len(last.Hidden) > 0 {
		t.Errorf("%+v", last)
	}
}

func TestATraceIsReadAsItWasWritten(t *testing.T) {
	events := hashed(t, "key")
	var written strings.Builder
	if err := trace.Write(&written, events); err != nil {
		t.Fatal(err)
	}
	again, err := trace.Read(strings.NewReader(written.String()))
	if err != nil || len(again) != len(events) {
		t.Fatal(err)
	}
	if d, err := trace.Replay(signOn(t), again, run.Environment{}); d != nil || err != nil {
		t.Errorf("%v %v", d, err)
	}
}

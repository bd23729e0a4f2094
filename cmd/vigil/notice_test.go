package main

import (
	"strings"
	"testing"
)

func TestDeadLettersAreForOperatorsToLookAtAndReplay(t *testing.T) {
	b := newBench(t)
	b.env = nil
	b.write("vigil.yaml", configuration)
	if out := b.must("", "notice", "list"); !strings.HasPrefix(out, "ID ") {
		t.Error(out)
	}
	if out := b.must("", "notice", "list", "--json"); out != "[]\n" {
		t.Error(out)
	}
	if out := b.must("", "notice", "replay", "--all"); out != "To be tried again: 0.\n" {
		t.Error(out)
	}
	for says, args := range map[string][]string{
		"there is no dead letter": {"notice", "replay", "AAAAAAAAAAAAAAAAAAAAAA"},
		"name one dead letter":    {"notice", "replay"},
		"or say --all":            {"notice", "replay", "--all", "AAAA"},
	} {
		if r := b.run("", args...); r.code != exitFailed || !strings.Contains(r.err, says) {
			t.Errorf("%v: exit %d, %s", args, r.code, r.err)
		}
	}
}

package builtin_test

import (
	"context"
	"crypto/sha256"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
)

// drawer is what one run keeps.
type drawer map[string][]byte

func (d drawer) Change(_ context.Context, run, name string, change func([]byte) ([]byte, error)) error {
	after, err := change(d[run+name])
	if err == nil {
		d[run+name] = after
	}
	return err
}

func (d drawer) run(t *testing.T, run, name string, at time.Time, inputs map[string]any) connector.Result {
	t.Helper()
	result, err := connector.NewRegistry(builtin.All(builtin.Ports{Keep: d})...).Lookup(name).Run(t.Context(), connector.Call{RunID: run, Inputs: inputs, Now: at})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return result
}

// work does what the script of the page does.
func work(puzzle string) string {
	bits, seed, _ := strings.Cut(puzzle, ".")
	wanted, _ := strconv.Atoi(bits)
	for n := 0; ; n++ {
		digest := sha256.Sum256([]byte(seed + "." + strconv.Itoa(n)))
		zeros := 0
		for zeros < wanted && digest[zeros/8]>>(7-zeros%8)&1 == 0 {
			zeros++
		}
		if zeros == wanted {
			return strconv.Itoa(n)
		}
	}
}

func TestWorkCountsOnceAndForItsOwnPuzzleOnly(t *testing.T) {
	d := drawer{}
	create := func(run string, at time.Time) string {
		puzzle, _ := d.run(t, run, "challenge.create", at, map[string]any{"difficulty": 10.0}).Output["puzzle"].(string)
		return puzzle
	}
	check := func(run, answer string) string {
		return d.run(t, run, "challenge.check", now, map[string]any{"answer": connector.NewSecret(answer)}).Outcome
	}
	puzzle := create("one", now)
	answer := work(puzzle)
	if got := check("two", answer); got != "wrong" {
		t.Errorf("in a run that never asked: %s", got)
	}
	if got := check("one", answer); got != "solved" {
		t.Errorf("the work that was asked for: %s", got)
	}
	if got := check("one", answer); got != "wrong" {
		t.Errorf("the same work again: %s", got)
	}
	later := create("one", now.Add(time.Second))
	if later == puzzle || create("two", now) == puzzle {
		t.Error("two puzzles are alike")
	}
	for _, bad := range []string{"", "0", "-1", strings.Repeat("9", 30), answer} {
		if create("one", now.Add(2*time.Second)); check("one", bad) == "solved" {
			t.Errorf("%q passed for work", bad)
		}
	}
}

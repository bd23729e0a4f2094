package run_test

import (
	"reflect"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/run"
)

// manifold has something of every kind in it.
func manifold() run.State {
	return run.State{
		FlowHash: "hash", StartedAt: epoch, Steps: 7, Sealed: []byte("sealed"), Opened: &run.Opened{AccountID: "id-ada", Epoch: 7},
		Entries: map[string]int{"a": 1, "b": 2}, Shows: map[string]int{"flow page": 300},
		Proofs: []run.Proved{{Proof: connector.Proof{AccountID: "id-ada", Method: "pwd", At: epoch.Add(time.Nanosecond)}, SessionID: "s"}},
		Frames: []run.Frame{{Node: "call"}, {
			Node: "page", Inputs: run.Values{"text": "words", "none": nil}, Kept: map[string]map[string]string{"page": {"name": "ada"}},
			Vars: run.Values{
				"number": 1.5, "yes": true, "wait": time.Minute, "at": epoch, "account": ada(), "list": []any{"a", 1.0}, "object": map[string]any{"b": nil},
			},
			Outputs: map[string]run.Values{"verify": {"user": connector.UserValue{AccountValue: ada()}}, "page": {"name": "\xff\x00"}},
			Waiting: run.Waiting{Message: "Once more.", Field: "name", Notice: "Sent.", Problems: map[string]run.Problem{"name": run.Missing}},
		}},
	}
}

func TestAStateComesBackAsItWasKeptAndNeverHalf(t *testing.T) {
	kept, err := manifold().MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var got run.State
	if err := got.UnmarshalBinary(kept); err != nil || !reflect.DeepEqual(got, manifold()) {
		t.Fatalf("%v\n got %+v\nwant %+v", err, got, manifold())
	}
	for n := range kept {
		if err := got.UnmarshalBinary(kept[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for a state", n, len(kept))
		}
	}
	if err := got.UnmarshalBinary(append(kept, 0)); err == nil {
		t.Fatal("a byte too many was taken")
	}
}

func TestAStateWithASecretCannotBeKept(t *testing.T) {
	state := run.State{Frames: []run.Frame{{Node: "page", Vars: run.Values{"password": connector.NewSecret("hunter2")}}}}
	if kept, err := state.MarshalBinary(); err == nil {
		t.Fatalf("it was written: %q", kept)
	}
}

// FuzzState holds for any bytes: nothing panics, and what is taken for a state is spelled as it was read.
func FuzzState(f *testing.F) {
	kept, err := manifold().MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(kept)
	f.Fuzz(func(t *testing.T, kept []byte) {
		var state, back run.State
		if state.UnmarshalBinary(kept) != nil {
			return
		}
		spelled, err := state.MarshalBinary()
		if err != nil {
			t.Fatalf("%+v: %v", state, err)
		}
		if err := back.UnmarshalBinary(spelled); err != nil {
			t.Fatalf("%q: %v", spelled, err)
		}
	})
}

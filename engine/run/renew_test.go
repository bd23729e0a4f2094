package run

import (
	"testing"
	"time"

	"vigil/engine/connector"
)

// TestAChangedAccountIsRenewedEverywhereInTheRunAndNowhereElse holds that a new password does not undo the proof that came before it.
func TestAChangedAccountIsRenewedEverywhereInTheRunAndNowhereElse(t *testing.T) {
	old, now := connector.AccountValue{ID: "ada", Epoch: 1}, connector.AccountValue{ID: "ada", Epoch: 2}
	bob := connector.AccountValue{ID: "bob", Epoch: 1}
	shared := Values{"user": connector.UserValue{AccountValue: old}, "list": []any{old, bob}, "held": map[string]any{"a": old}}
	x := &execution{env: &Environment{Session: &connector.SessionValue{ID: "s", User: connector.UserValue{AccountValue: old}}}}
	before := x.env.Session
	x.state = State{Frames: []Frame{{Vars: shared, Outputs: map[string]Values{"verify": {"session": connector.SessionValue{User: connector.UserValue{AccountValue: old}}}}}}}
	x.after(&connector.Result{Renews: &now})

	f := x.state.Frames[0]
	epochs := []uint64{
		f.Vars["user"].(connector.UserValue).Epoch, f.Vars["list"].([]any)[0].(connector.AccountValue).Epoch,
		f.Vars["held"].(map[string]any)["a"].(connector.AccountValue).Epoch, f.Outputs["verify"]["session"].(connector.SessionValue).User.Epoch,
		x.env.Session.User.Epoch,
	}
	for i, epoch := range epochs {
		if epoch != 2 {
			t.Errorf("value %d is of epoch %d", i, epoch)
		}
	}
	if f.Vars["list"].([]any)[1].(connector.AccountValue).Epoch != 1 {
		t.Error("somebody else was renewed")
	}
	if shared["user"].(connector.UserValue).Epoch != 1 || before.User.Epoch != 1 {
		t.Error("the state before the step was changed too")
	}
}

func TestAnEndedSessionLendsNothingMore(t *testing.T) {
	at := time.Unix(1, 0)
	x := &execution{env: &Environment{Session: &connector.SessionValue{ID: "s"}}}
	x.state.Proofs = []Proved{{Proof: connector.Proof{AccountID: "ada", Method: "pwd", At: at}, SessionID: "s"}, {Proof: connector.Proof{AccountID: "ada", Method: "otp", At: at}}}
	x.after(&connector.Result{EndsSession: true})
	if x.env.Session != nil || len(x.state.Proofs) != 1 || x.state.Proofs[0].Method != "otp" {
		t.Errorf("left are %v and %v", x.env.Session, x.state.Proofs)
	}
}

package builtin_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
)

// elsewhere judges passkeys and knows other providers, as a test wants it.
type elsewhere struct {
	passkey  builtin.PasskeyResult
	identity *builtin.Identity
	owner    *connector.AccountValue
	err      error
	linked   []builtin.Identity
}

func (e *elsewhere) Check(context.Context, builtin.PasskeyAnswer) (builtin.PasskeyResult, error) {
	return e.passkey, e.err
}

func (e *elsewhere) Add(context.Context, builtin.PasskeyAnswer) (builtin.PasskeyResult, error) {
	return e.passkey, e.err
}

func (e *elsewhere) SignOn(context.Context, builtin.ExternalAnswer) (*builtin.Identity, error) {
	return e.identity, e.err
}

func (e *elsewhere) Owner(context.Context, string, builtin.Identity) (*connector.AccountValue, error) {
	return e.owner, e.err
}

func (e *elsewhere) Link(_ context.Context, _, _ string, identity builtin.Identity, _ time.Time) error {
	e.linked = append(e.linked, identity)
	return e.err
}

func (e *elsewhere) Register(_ context.Context, _, username string, identity builtin.Identity, _ time.Time) (*connector.AccountValue, error) {
	e.linked = append(e.linked, identity)
	return &connector.AccountValue{ID: username, Enabled: true}, e.err
}

// notes is what one run keeps.
type notes map[string][]byte

func (n notes) Change(_ context.Context, _, name string, change func([]byte) ([]byte, error)) error {
	after, err := change(n[name])
	if err == nil {
		n[name] = after
	}
	return err
}

func (e *elsewhere) run(t *testing.T, kept notes, name string, inputs map[string]any) (connector.Result, error) {
	t.Helper()
	ports := builtin.Ports{Passkeys: e, Externals: e, Keep: kept}
	return connector.NewRegistry(builtin.All(ports)...).Lookup(name).Run(t.Context(), connector.Call{EnvironmentID: "env", RunID: "run", Inputs: inputs, Now: now})
}

func TestAPasskeyProvesItsOwnerAloneAndOnlyWhenAllIsRight(t *testing.T) {
	disabled := enabled()
	disabled.Enabled = false
	for name, c := range map[string]struct {
		result  builtin.PasskeyResult
		fails   error
		outcome string // empty: an error
		proofs  int
	}{
		"right":                       {builtin.PasskeyResult{Outcome: builtin.PasskeyRight, Account: enabled()}, nil, "success", 2},
		"wrong":                       {builtin.PasskeyResult{Outcome: builtin.PasskeyWrong, Account: enabled()}, nil, "failure", 0},
		"right, of somebody disabled": {builtin.PasskeyResult{Outcome: builtin.PasskeyRight, Account: disabled}, nil, "failure", 0},
		"right, nobody's":             {builtin.PasskeyResult{Outcome: builtin.PasskeyRight}, nil, "", 0},
		"no answer":                   {builtin.PasskeyResult{Account: enabled()}, nil, "", 0},
		"a fault":                     {builtin.PasskeyResult{Outcome: builtin.PasskeyRight, Account: enabled()}, errors.New("down"), "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			e := &elsewhere{passkey: c.result, err: c.fails}
			result, err := e.run(t, notes{}, "passkey.check", map[string]any{"passkey": connector.NewSecret("answer")})
			if (err != nil) != (c.outcome == "") || (err == nil && result.Outcome != c.outcome) || len(result.Proofs) != c.proofs {
				t.Errorf("%+v, %v", result, err)
			}
		})
	}
}

func TestAnotherProviderProvesWhoeverIsLinkedAndLeavesTheOthersUnlinked(t *testing.T) {
	disabled := enabled()
	disabled.Enabled = false
	who := &builtin.Identity{Provider: "company", Issuer: "https://login.example.org", Subject: "42", Email: "ada@example.com"}
	for name, c := range map[string]struct {
		house   elsewhere
		outcome string // empty: an error
		proofs  int
	}{
		"linked":             {elsewhere{identity: who, owner: enabled()}, "success", 1},
		"linked, disabled":   {elsewhere{identity: who, owner: disabled}, "failure", 0},
		"not linked":         {elsewhere{identity: who}, "unlinked", 0},
		"nobody":             {elsewhere{owner: enabled()}, "failure", 0},
		"the provider fails": {elsewhere{identity: who, owner: enabled(), err: errors.New("down")}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := c.house.run(t, notes{}, "external.signOn", map[string]any{"answer": connector.NewSecret("answer")})
			if (err != nil) != (c.outcome == "") || (err == nil && result.Outcome != c.outcome) || len(result.Proofs) != c.proofs {
				t.Errorf("%+v, %v", result, err)
			}
		})
	}
}

func TestOnlyWhoeverCameBackInThisRunIsLinked(t *testing.T) {
	e := &elsewhere{}
	ada := map[string]any{"user": connector.UserValue{AccountValue: *enabled()}, "username": "ada"}
	for _, name := range []string{"external.link", "external.register"} {
		if result, err := e.run(t, notes{}, name, ada); err == nil || len(e.linked) > 0 {
			t.Errorf("%s without anybody: %+v, %v", name, result, err)
		}
	}
	kept := notes{}
	e.identity = &builtin.Identity{Provider: "company", Issuer: "https://login.example.org", Subject: "42", Email: "a@example.com"}
	if _, err := e.run(t, kept, "external.signOn", map[string]any{"answer": connector.NewSecret("answer")}); err != nil {
		t.Fatal(err)
	}
	if result, err := e.run(t, kept, "external.register", nil); err != nil || result.Outcome != "exists" || len(e.linked) > 0 {
		t.Errorf("an address that nobody made sure of became a name: %+v, %v", result, err)
	}
	result, err := e.run(t, kept, "external.link", ada)
	if err != nil || result.Outcome != "linked" || len(result.Proofs) > 0 || len(e.linked) != 1 || e.linked[0] != *e.identity {
		t.Errorf("%+v, %v, linked %v", result, err, e.linked)
	}
	e.err = builtin.ErrTaken
	if result, err = e.run(t, kept, "external.link", ada); err != nil || result.Outcome != "taken" {
		t.Errorf("another's: %+v, %v", result, err)
	}
}

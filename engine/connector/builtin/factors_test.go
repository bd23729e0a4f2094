package builtin_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
)

// cupboard keeps what the capabilities of codes need, for one run and one account.
type cupboard struct {
	t       *testing.T
	now     time.Time
	ada     connector.AccountValue
	owned   []builtin.Authenticator
	kept    map[string][]byte
	letters []builtin.Letter
	wrong   map[string]int
	full    bool // the post takes no letter
	proofs  []connector.Proof
	session *connector.SessionValue
	thrown  byte
}

func newCupboard(t *testing.T) *cupboard {
	return &cupboard{
		t: t, now: now, kept: map[string][]byte{}, wrong: map[string]int{},
		ada: connector.AccountValue{ID: "1", Username: "ada", Email: "ada@example.com", Enabled: true},
	}
}

func (c *cupboard) Find(_ context.Context, _, name string) (*connector.AccountValue, error) {
	if name != "ada" {
		return nil, nil
	}
	ada := c.ada
	return &ada, nil
}

func (c *cupboard) CheckPassword(context.Context, builtin.PasswordCheck) (builtin.PasswordResult, error) {
	return builtin.PasswordResult{}, errors.New("nobody asks")
}

func (c *cupboard) Send(_ context.Context, l builtin.Letter) (bool, error) {
	if !c.full {
		c.letters = append(c.letters, l)
	}
	return !c.full, nil
}

func (c *cupboard) Try(_ context.Context, g builtin.Guess, check func() (bool, error)) (builtin.GuessAnswer, error) {
	if c.wrong[g.Kind+g.Account] >= 10 {
		return builtin.GuessLocked, nil
	}
	right, err := check()
	if err != nil || !right {
		c.wrong[g.Kind+g.Account]++
		return builtin.GuessWrong, err
	}
	return builtin.GuessRight, nil
}

func (c *cupboard) Read(p []byte) (int, error) {
	c.thrown++
	sum := sha256.Sum256([]byte{c.thrown})
	return copy(p, sum[:]), nil
}

// keeping and owning are the two ports of which each has a Change.
type keeping struct{ *cupboard }

func (c keeping) Change(_ context.Context, runID, name string, change func([]byte) ([]byte, error)) error {
	value, err := change(c.kept[runID+name])
	if err == nil {
		if c.kept[runID+name] = value; value == nil {
			delete(c.kept, runID+name)
		}
	}
	return err
}

type owning struct{ *cupboard }

func (c owning) List(_ context.Context, _, user string) ([]builtin.Authenticator, error) {
	if user != c.ada.ID {
		return nil, nil
	}
	return slices.Clone(c.owned), nil
}

func (c owning) Add(_ context.Context, _, _ string, a builtin.Authenticator) (builtin.Authenticator, error) {
	a.ID = fmt.Sprint(len(c.owned))
	c.owned = append(c.owned, a)
	return a, nil
}

func (c owning) Change(_ context.Context, _, _, id string, change func(*builtin.Authenticator) error) error {
	for i := range c.owned {
		if a := c.owned[i]; a.ID == id {
			if err := change(&a); err != nil {
				return err
			}
			c.owned[i] = a
			return nil
		}
	}
	return builtin.ErrNoAuthenticator
}

func (c owning) Remove(_ context.Context, _, _, id string) error {
	before := len(c.owned)
	c.owned = slices.DeleteFunc(c.owned, func(a builtin.Authenticator) bool { return a.ID == id })
	if len(c.owned) == before {
		return builtin.ErrNoAuthenticator
	}
	return nil
}

// ask runs a capability and wants no failure.
func (c *cupboard) ask(name string, inputs map[string]any) connector.Result {
	c.t.Helper()
	result, err := c.try(name, inputs)
	if err != nil {
		c.t.Fatalf("%s: %v", name, err)
	}
	return result
}

func (c *cupboard) try(name string, inputs map[string]any) (connector.Result, error) {
	capability := connector.NewRegistry(builtin.All(builtin.Ports{
		Directory: c, Mail: c, Guesses: c, Random: c, Keep: keeping{c}, Authenticators: owning{c},
		Secret: func(_, purpose string) [32]byte { return sha256.Sum256([]byte(purpose)) },
		Name:   func(string) string { return "Vigil: Home" },
	})...).Lookup(name)
	inputs = maps.Clone(inputs)
	for _, in := range capability.Inputs { // as the engine does
		if inputs[in.Name] == nil && in.Default != nil {
			inputs[in.Name] = in.Default
		}
	}
	return capability.Run(context.Background(), connector.Call{
		EnvironmentID: "home", RunID: "run", Inputs: inputs, Now: c.now, Proofs: c.proofs, Session: c.session,
	})
}

func (c *cupboard) user() connector.UserValue { return connector.UserValue{AccountValue: c.ada} }

func secret(text string) connector.SecretValue { return connector.NewSecret(text) }

// outcome wants an outcome of a check, and a proof of ada's by a method with success alone.
func (c *cupboard) outcome(result connector.Result, want, method string) {
	c.t.Helper()
	var proofs []connector.Proof
	if want == "success" {
		proofs = []connector.Proof{{AccountID: "1", Method: method, At: c.now}}
	}
	if result.Outcome != want || !slices.Equal(result.Proofs, proofs) {
		c.t.Errorf("wanted %s, got %s with proofs %v", want, result.Outcome, result.Proofs)
	}
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

func (c *cupboard) mailedCode() string {
	c.t.Helper()
	if len(c.letters) == 0 {
		c.t.Fatal("no letter was sent")
	}
	return sixDigits.FindString(c.letters[len(c.letters)-1].Text)
}

func other(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

func TestAMailedCodeIsRightOnceInItsRunAndItsTime(t *testing.T) {
	c := newCupboard(t)
	send := func() string {
		c.ask("email.sendCode", map[string]any{"account": c.ada})
		return c.mailedCode()
	}
	check := func(code string) connector.Result {
		return c.ask("email.checkCode", map[string]any{"account": c.ada, "code": secret(code)})
	}
	c.outcome(check("123456"), "expired", "") // nothing was sent
	code := send()
	for _, value := range c.kept {
		if strings.Contains(string(value), code) {
			t.Errorf("the run keeps the code: %s", value)
		}
	}
	c.outcome(check(other(code)), "wrong", "")
	c.outcome(check(code[:3]+" "+code[3:]), "success", "email")
	c.outcome(check(code), "expired", "")

	first := send()
	second := send()
	c.outcome(check(first), "wrong", "")
	c.now = c.now.Add(10*time.Minute - time.Second)
	c.outcome(check(second), "success", "email")

	code = send()
	c.now = c.now.Add(10 * time.Minute)
	c.outcome(check(code), "expired", "")

	c.wrong = map[string]int{}
	code = send()
	for range 5 {
		c.outcome(check(other(code)), "wrong", "")
	}
	c.outcome(check(code), "expired", "")
	for range 5 {
		code = send()
		c.outcome(check(other(code)), "wrong", "")
	}
	c.outcome(check(code), "expired", "") // ten were wrong for the account
}

func TestACodeForSomebodyElseOrNobodyIsNeverRight(t *testing.T) {
	c := newCupboard(t)
	c.ask("email.sendCode", map[string]any{"account": c.ada})
	code := c.mailedCode()
	bob := connector.AccountValue{ID: "2", Username: "bob", Enabled: true}
	c.outcome(c.ask("email.checkCode", map[string]any{"account": bob, "code": secret(code)}), "wrong", "")
	c.outcome(c.ask("email.checkCode", map[string]any{"code": secret(code)}), "success", "email")

	for name, inputs := range map[string]map[string]any{
		"nobody": {"username": "eve"}, "no address": {"account": bob}, "disabled": {"account": connector.AccountValue{ID: "1", Username: "ada", Email: "ada@example.com"}},
	} {
		c.letters = nil
		c.ask("email.sendCode", inputs)
		if len(c.letters) != 1 || c.letters[0].To != "" {
			t.Fatalf("%s: the letters are %+v, wanted one to nobody", name, c.letters)
		}
		result := c.ask("email.checkCode", map[string]any{"code": secret(c.mailedCode())})
		c.outcome(result, "wrong", "")
	}
	if _, err := c.try("email.sendCode", map[string]any{}); err == nil {
		t.Error("a code was sent to whom nobody named")
	}
}

func TestALetterThatIsNotTakenLeavesTheCodeBeforeGood(t *testing.T) {
	c := newCupboard(t)
	c.ask("email.sendCode", map[string]any{"account": c.ada})
	c.full = true
	c.ask("email.sendCode", map[string]any{"account": c.ada})
	c.outcome(c.ask("email.checkCode", map[string]any{"account": c.ada, "code": secret(c.mailedCode())}), "success", "email")
}

func TestALetterHasOneLineOfSubjectAndNoOtherHeaders(t *testing.T) {
	c := newCupboard(t)
	for _, bad := range []map[string]any{
		{"account": c.ada, "subject": "a\r\nBcc: eve@example.com", "text": "t"},
		{"account": c.ada, "subject": "", "text": "t"},
		{"account": c.ada, "subject": "s", "text": strings.Repeat("x", 8193)},
		{"account": c.ada, "subject": "s", "text": "a\x00b"},
	} {
		if _, err := c.try("email.send", bad); err == nil {
			t.Errorf("sent: %+v", c.letters[len(c.letters)-1])
		}
	}
	c.ask("email.send", map[string]any{"account": c.ada, "subject": "s", "text": "one\ntwo"})
	if len(c.letters) != 1 || c.letters[0].To != "ada@example.com" || c.letters[0].Text != "one\ntwo" {
		t.Errorf("the letters are %+v", c.letters)
	}
}

package builtin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"vigil/engine/connector"
)

const (
	codeKept   = "email code" // the name under which a run keeps it
	codeTries  = 5            // wrong ones that a code outlives
	codeExpiry = 10 * time.Minute
	mostCode   = time.Hour
)

// keptCode is a code that was sent. The code is not in it.
type keptCode struct {
	Digest    []byte    `json:"digest"`
	AccountID string    `json:"account,omitempty"` // empty: nobody's, and no code is right
	Username  string    `json:"username,omitempty"`
	Address   string    `json:"address,omitempty"` // that the code was sent to
	Name      string    `json:"name"`              // what tallies know the account by
	ExpiresAt time.Time `json:"expires"`
	Wrong     int       `json:"wrong,omitempty"`
}

// codes is what the two capabilities of e-mailed codes work with.
type codes struct {
	ports Ports
}

const codeText = `Your code is {code}

It is good for {minutes} minutes. If you did not ask for it, forget it, and give it to nobody.`

// digest keeps a code so that who reads the store must know the environment's secret to try a million.
func (c codes) digest(call connector.Call, code string) []byte {
	key := c.ports.Secret(call.EnvironmentID, "codes")
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(call.RunID + "\x00" + code))
	return mac.Sum(nil)
}

func emailSendCode(ports Ports) connector.Capability {
	c := codes{ports}
	return connector.Capability{
		Name: "email.sendCode",
		Doc: "Mails six digits to an account, to be typed into this very run. A new code takes the place of the one before. It takes as long, and " +
			"says the same, where there is no such account.",
		Inputs: append(addressee(),
			connector.Field{Name: "expires", Type: optional(connector.Duration), Doc: "How long the code is good, at most 1h. Left out: 10m."},
			connector.Field{Name: "subject", Type: optional(connector.String), Default: "Your code", Said: true, Doc: "One line. Left out: Your code."},
			connector.Field{Name: "text", Type: optional(connector.String), Default: codeText, Said: true, Doc: "Plain text, with {code} where the code goes, and {minutes} where it stands how many it is good."}),
		Outcomes: []connector.Outcome{{Name: "sent", Doc: "It is on its way, if there is such an account and not too many were sent to it lately. It does not tell."}},
		Needs:    NeedMail,
		Run:      c.send,
	}
}

func (c codes) send(ctx context.Context, call connector.Call) (connector.Result, error) {
	if c.ports.Mail == nil || c.ports.Keep == nil || c.ports.Secret == nil {
		return connector.Result{}, errNoPort
	}
	expires, given := call.Inputs["expires"].(time.Duration)
	if !given {
		expires = codeExpiry
	}
	if expires < time.Second || expires > mostCode {
		return connector.Result{}, errors.New("a code is good for a second to an hour")
	}
	to, err := addressed(ctx, c.ports.Directory, call)
	if err != nil {
		return connector.Result{}, err
	}
	number, err := draw(c.ports.Random, 1_000_000)
	if err != nil {
		return connector.Result{}, err
	}
	code, until := fmt.Sprintf("%06d", number), call.Now.Add(expires)
	taken, err := send(ctx, c.ports.Mail, to.letter(call, "{code}", code, until))
	if err != nil {
		return connector.Result{}, err
	}
	kept := keptCode{Digest: c.digest(call, code), Name: to.name, ExpiresAt: until.UTC().Round(0)}
	if to.account != nil {
		kept.AccountID, kept.Username, kept.Address = to.account.ID, to.account.Username, to.account.Email
	}
	fresh, err := json.Marshal(kept)
	if err != nil {
		return connector.Result{}, err
	}
	err = c.ports.Keep.Change(ctx, call.RunID, codeKept, func(before []byte) ([]byte, error) {
		if !taken && before != nil {
			return before, nil // no letter left: the code before stays good
		}
		return fresh, nil
	})
	return connector.Result{Outcome: "sent"}, err
}

func emailCheckCode(ports Ports) connector.Capability {
	c := codes{ports}
	return connector.Capability{
		Name: "email.checkCode",
		Doc:  "Checks the code that this run mailed, and makes whoever read it a user. A code is good once.",
		Inputs: []connector.Field{
			{Name: "account", Type: optional(connector.Account), Doc: "Whose code it must be. Left out: whom the code was sent to."},
			{Name: "code", Type: required(connector.Secret), Doc: "What was typed."},
		},
		Outcomes: []connector.Outcome{
			{Name: "success", Doc: "The code is right.", Outputs: []connector.Field{
				{Name: "user", Type: required(connector.User), Doc: "Whose mail was read."},
			}},
			{Name: "wrong", Doc: "It is not the code, or nobody was sent one."},
			{Name: "expired", Doc: "No code is good any more: it is too old, five were wrong, or too many were wrong for this account lately."},
		},
		Proves:    methodEmail,
		Guessable: true,
		Needs:     NeedMail,
		Run:       c.check,
	}
}

func (c codes) check(ctx context.Context, call connector.Call) (connector.Result, error) {
	if c.ports.Keep == nil || c.ports.Secret == nil || c.ports.Guesses == nil {
		return connector.Result{}, errNoPort
	}
	typed, _ := call.Inputs["code"].(connector.SecretValue)
	digest := c.digest(call, strings.Join(strings.Fields(typed.Reveal()), ""))
	kept, good, err := c.present(ctx, call)
	if err != nil || !good {
		return connector.Result{Outcome: "expired"}, err
	}
	account, err := c.owner(ctx, call, kept)
	if err != nil {
		return connector.Result{}, err
	}
	guess := Guess{EnvironmentID: call.EnvironmentID, Kind: "email", Account: kept.Name, IP: call.Request.IP, Now: call.Now}
	answer, err := c.ports.Guesses.Try(ctx, guess, func() (right bool, err error) {
		return c.take(ctx, call, digest, account != nil)
	})
	switch {
	case err != nil:
		return connector.Result{}, err
	case answer == GuessLocked:
		return connector.Result{Outcome: "expired"}, nil
	case answer == GuessWrong || account == nil:
		return connector.Result{Outcome: "wrong"}, nil
	}
	return c.verified(ctx, call, *account, kept.Address)
}

// verified notes that mail to the address reaches whoever owns the account.
func (c codes) verified(ctx context.Context, call connector.Call, account connector.AccountValue, address string) (connector.Result, error) {
	result := proved(account, methodEmail, call.Now)
	if c.ports.Users == nil || account.EmailVerified {
		return result, nil
	}
	now, err := c.ports.Users.ProveEmail(ctx, call.EnvironmentID, account, address)
	if err != nil {
		return connector.Result{}, err
	}
	result.Output["user"], result.Renews = connector.UserValue{AccountValue: now}, &now
	return result, nil
}

func (k *keptCode) good(now time.Time) bool { return now.Before(k.ExpiresAt) && k.Wrong < codeTries }

// present reads the code that is waited for.
func (c codes) present(ctx context.Context, call connector.Call) (kept keptCode, good bool, err error) {
	err = c.ports.Keep.Change(ctx, call.RunID, codeKept, func(value []byte) ([]byte, error) {
		kept = keptCode{}
		if value == nil {
			return nil, nil
		}
		return value, json.Unmarshal(value, &kept)
	})
	return kept, kept.good(call.Now), err
}

// owner is whose code it is. Nil: nobody's that would do.
func (c codes) owner(ctx context.Context, call connector.Call, kept keptCode) (*connector.AccountValue, error) {
	if account, given := call.Inputs["account"].(connector.AccountValue); given {
		if account.ID != kept.AccountID || !account.Enabled {
			return nil, nil
		}
		return &account, nil
	}
	if c.ports.Directory == nil {
		return nil, errNoPort
	}
	found, err := c.ports.Directory.Find(ctx, call.EnvironmentID, kept.Username)
	if err != nil || found == nil || found.ID != kept.AccountID || !found.Enabled {
		return nil, err
	}
	return found, nil
}

// take uses the code up if it is right, and counts it if it is not: of two at once one is right.
func (c codes) take(ctx context.Context, call connector.Call, digest []byte, known bool) (right bool, err error) {
	err = c.ports.Keep.Change(ctx, call.RunID, codeKept, func(value []byte) ([]byte, error) {
		right = false
		if value == nil {
			return nil, nil
		}
		var kept keptCode
		if err := json.Unmarshal(value, &kept); err != nil {
			return nil, err
		}
		if right = hmac.Equal(kept.Digest, digest) && known && kept.AccountID != "" && kept.good(call.Now); right {
			return nil, nil
		}
		kept.Wrong++
		return json.Marshal(kept)
	})
	return right && err == nil, err
}

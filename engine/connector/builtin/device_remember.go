package builtin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"vigil/engine/connector"
)

const (
	defaultRemembered = 30 * 24 * time.Hour
	longestRemembered = 365 * 24 * time.Hour
	maxRemembered     = 5 // browsers of one person; the one used longest ago goes first
)

// rememberedBrowser is the data of an authenticator of kind remembered.
type rememberedBrowser struct {
	Digest []byte    `json:"digest"` // SHA-256 of the mark that the browser keeps
	Until  time.Time `json:"until"`
	Epoch  uint64    `json:"epoch"` // of the account, so that a new password forgets all browsers
}

func deviceRemember(authenticators Authenticators) connector.Capability {
	return connector.Capability{
		Name: "device.remember",
		Doc: "Remembers this browser for somebody, by a cookie that only it has. It is forgotten when the time is over, the password changes, " +
			"an operator ends the sessions, or it is removed.",
		Inputs: []connector.Field{
			{Name: "user", Type: required(connector.User), Doc: "For whom."},
			{Name: "for", Type: optional(connector.Duration), Doc: "How long. Left out: 30d. At most 365d."},
		},
		Outcomes: []connector.Outcome{
			{Name: "done", Doc: "device.recognise will know it."},
			{Name: "full", Doc: "The person has as many authenticators as anybody may have."},
		},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if authenticators == nil || call.Agent == nil {
				return connector.Result{}, errNoPort
			}
			user, _ := call.Inputs["user"].(connector.UserValue)
			life, given := call.Inputs["for"].(time.Duration)
			if !given {
				life = defaultRemembered
			}
			if life <= 0 || life > longestRemembered {
				return connector.Result{}, fmt.Errorf("a browser is remembered for at most 365 days, not %s", connector.FormatDuration(life))
			}
			err := remember(ctx, call, authenticators, user, life)
			if errors.Is(err, ErrTooMany) {
				return connector.Result{Outcome: "full"}, nil
			}
			return connector.Result{Outcome: "done"}, err
		},
	}
}

func remember(ctx context.Context, call connector.Call, authenticators Authenticators, user connector.UserValue, life time.Duration) error {
	known, err := remembered(ctx, call, authenticators, user.ID)
	if err != nil {
		return err
	}
	for len(known) >= maxRemembered {
		if err := authenticators.Remove(ctx, call.EnvironmentID, user.ID, known[0].ID); err != nil && !errors.Is(err, ErrNoAuthenticator) {
			return err
		}
		known = known[1:]
	}
	mark, err := call.Agent.Mark(life)
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(mark))
	data, err := json.Marshal(rememberedBrowser{digest[:], call.Now.Add(life), user.Epoch})
	if err != nil {
		return err
	}
	_, err = authenticators.Add(ctx, call.EnvironmentID, user.ID, Authenticator{Kind: KindRemembered, Name: browserName(call.Request.Browser), Data: data})
	return err
}

// remembered lists the browsers of somebody, the oldest first.
func remembered(ctx context.Context, call connector.Call, authenticators Authenticators, userID string) ([]Authenticator, error) {
	all, err := authenticators.List(ctx, call.EnvironmentID, userID)
	if err != nil {
		return nil, err
	}
	var browsers []Authenticator
	for _, a := range all {
		if a.Kind == KindRemembered {
			browsers = append(browsers, a)
		}
	}
	return browsers, nil
}

// browserName is what a person calls a browser: Firefox on Linux.
func browserName(b connector.Browser) string {
	name := strings.Join([]string{b.Name, b.Platform}, " on ")
	return strings.TrimSuffix(strings.TrimPrefix(name, " on "), " on ")
}

func deviceRecognise(authenticators Authenticators) connector.Capability {
	return connector.Capability{
		Name:  "device.recognise",
		Reads: true,
		Doc: "Tells whether this browser is remembered for somebody. It proves nobody: whoever sits at the browser is recognised. " +
			"A flow may then leave out a second factor, never the first.",
		Inputs: []connector.Field{{Name: "account", Type: required(connector.Account), Doc: "For whom."}},
		Outcomes: []connector.Outcome{
			{Name: "recognised", Doc: "It is.", Outputs: []connector.Field{{Name: "since", Type: required(connector.Time), Doc: "When it was remembered."}}},
			{Name: "unknown", Doc: "It is not, or not any more."},
		},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if authenticators == nil || call.Agent == nil {
				return connector.Result{}, errNoPort
			}
			account, _ := call.Inputs["account"].(connector.AccountValue)
			browsers, err := remembered(ctx, call, authenticators, account.ID)
			if err != nil {
				return connector.Result{}, err
			}
			for i := range browsers {
				known, err := isThis(&browsers[i], call, account.Epoch)
				if err != nil {
					return connector.Result{}, err
				}
				if known {
					return connector.Result{Outcome: "recognised", Output: map[string]any{"since": browsers[i].CreatedAt}}, nil
				}
			}
			return connector.Result{Outcome: "unknown"}, nil
		},
	}
}

// isThis reports whether a remembered browser is that of the call.
func isThis(a *Authenticator, call connector.Call, epoch uint64) (bool, error) {
	var browser rememberedBrowser
	if err := json.Unmarshal(a.Data, &browser); err != nil {
		return false, fmt.Errorf("read remembered browser: %w", err)
	}
	if browser.Epoch != epoch || !call.Now.Before(browser.Until) {
		return false, nil
	}
	for _, mark := range call.Agent.Marks() {
		if digest := sha256.Sum256([]byte(mark)); subtle.ConstantTimeCompare(digest[:], browser.Digest) == 1 {
			return true, nil
		}
	}
	return false, nil
}

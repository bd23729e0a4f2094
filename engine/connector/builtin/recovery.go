package builtin

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vigil/engine/connector"
)

const (
	recoveryCodes  = 10
	recoveryGroup  = 4
	recoveryGroups = 3  // of four digits: 40 bits, and guesses are counted. Digits can be typed into a field of type code
	recoveryDigest = 16 // bytes kept of each
)

func recoveryCreate(ports Ports) connector.Capability {
	return connector.Capability{
		Name: "recovery.create",
		Doc: "Makes ten recovery codes, each good once, for the day the phone is gone. They are shown once: only digests are kept. Those of before are good " +
			"no more.",
		Inputs: []connector.Field{{Name: "user", Type: required(connector.User), Doc: "Whose codes they are."}},
		Outcomes: []connector.Outcome{
			{Name: "made", Doc: "There are ten.", Outputs: []connector.Field{
				{Name: "codes", Type: required(connector.Secret), Doc: "One on a line: for show of a form."},
			}},
			proveFirst(),
			{Name: "tooMany", Doc: "The user has as many authenticators as anybody may have."},
		},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if ports.Secret == nil {
				return connector.Result{}, errNoPort
			}
			user, _ := call.Inputs["user"].(connector.UserValue)
			if outcome, err := mayAdd(ctx, ports, call, user); err != nil || outcome == "proveFirst" {
				return connector.Result{Outcome: outcome}, err
			}
			var shown []string
			var digests []byte
			for range recoveryCodes {
				code, err := recoveryCode(ports)
				if err != nil {
					return connector.Result{}, err
				}
				shown = append(shown, code)
				digests = append(digests, recoveryDigestOf(ports, call, user.ID, code)...)
			}
			if err := keepRecovery(ctx, ports, call, user.ID, digests); errors.Is(err, ErrTooMany) {
				return connector.Result{Outcome: "tooMany"}, nil
			} else if err != nil {
				return connector.Result{}, err
			}
			return connector.Result{Outcome: "made", Output: map[string]any{"codes": connector.NewSecret(strings.Join(shown, "\n"))}}, nil
		},
	}
}

// recoveryCode draws one, as people read it: 1234-5678-9012.
func recoveryCode(ports Ports) (string, error) {
	groups := make([]string, recoveryGroups)
	for i := range groups {
		number, err := draw(ports.Random, 10_000)
		if err != nil {
			return "", err
		}
		groups[i] = fmt.Sprintf("%0*d", recoveryGroup, number)
	}
	return strings.Join(groups, "-"), nil
}

// keepRecovery puts new codes in the place of the old ones.
func keepRecovery(ctx context.Context, ports Ports, call connector.Call, userID string, digests []byte) error {
	all, err := ports.Authenticators.List(ctx, call.EnvironmentID, userID)
	if err != nil {
		return err
	}
	for i := range all {
		if all[i].Kind == KindRecovery {
			return ports.Authenticators.Change(ctx, call.EnvironmentID, userID, all[i].ID, func(a *Authenticator) error {
				a.Data = digests
				return nil
			})
		}
	}
	_, err = ports.Authenticators.Add(ctx, call.EnvironmentID, userID, Authenticator{Kind: KindRecovery, Name: "Recovery codes", Data: digests})
	return err
}

func recoveryDigestOf(ports Ports, call connector.Call, accountID, code string) []byte {
	key := ports.Secret(call.EnvironmentID, "recovery codes")
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(accountID + "\x00" + strings.ReplaceAll(code, "-", "")))
	return mac.Sum(nil)[:recoveryDigest]
}

func recoveryCheck(ports Ports) connector.Capability {
	return connector.Capability{
		Name: "recovery.check",
		Doc:  "Checks a recovery code, and makes its owner a user. A code is good once.",
		Inputs: []connector.Field{
			{Name: "account", Type: required(connector.Account), Doc: "Whose code it is."},
			{Name: "code", Type: required(connector.Secret), Doc: "What was typed. Spaces and hyphens make no difference."},
		},
		Outcomes: checked("The code is right, and good no more.", "It is not the code, it was used before, or the account has none.",
			connector.Field{Name: "left", Type: required(connector.Number), Doc: "How many are left."}),
		Proves:    methodOTP, // RFC 8176 2: a password that is good once
		Guessable: true,
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if ports.Secret == nil {
				return connector.Result{}, errNoPort
			}
			account, _ := call.Inputs["account"].(connector.AccountValue)
			typed := recoveryDigestOf(ports, call, account.ID, typedCode(call))
			left := 0
			result, err := checkOwned(ctx, ports, call, KindRecovery, func(a *Authenticator) error {
				rest := without(a.Data, typed)
				if len(rest) == len(a.Data) {
					return errWrong
				}
				left, a.Data, a.LastUsedAt = len(rest)/recoveryDigest, rest, call.Now
				return nil
			})
			if result.Outcome == "success" {
				result.Output["left"] = float64(left)
			}
			return result, err
		},
	}
}

// without leaves one digest out. All are compared.
func without(digests, digest []byte) []byte {
	var rest []byte
	for kept := range slices.Chunk(digests, recoveryDigest) {
		if !hmac.Equal(kept, digest) {
			rest = append(rest, kept...)
		}
	}
	return bytes.Clone(rest)
}

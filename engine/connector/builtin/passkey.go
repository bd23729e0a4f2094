package builtin

import (
	"context"
	"errors"
	"time"

	"vigil/engine/connector"
)

// Passkeys judges what a browser answered to what the page of a run asked.
type Passkeys interface {
	// Check says whose passkey answered. An answer counts once.
	Check(ctx context.Context, answer PasskeyAnswer) (PasskeyResult, error)
	// Add registers the new passkey for the account that the page asked for.
	Add(ctx context.Context, answer PasskeyAnswer) (PasskeyResult, error)
}

// PasskeyAnswer is what a field of type passkey or newPasskey gave.
type PasskeyAnswer struct {
	EnvironmentID, RunID string
	Answer               string // as the browser sent it
	UserID               string // of a new passkey: who is to get it
	Name                 string // of a new passkey: what its owner calls it. Empty: the host finds a name
	Now                  time.Time
}

// PasskeyResult is what a judgement came to.
type PasskeyResult struct {
	Outcome PasskeyOutcome
	Account *connector.AccountValue // of PasskeyRight: whose it is
}

// PasskeyOutcome is spelled as the outcomes of the capabilities.
type PasskeyOutcome string

// The outcomes.
const (
	PasskeyRight PasskeyOutcome = "success"
	PasskeyAdded PasskeyOutcome = "added"
	PasskeyWrong PasskeyOutcome = "failure" // nobody's, disabled people's and copied ones too
	PasskeyFull  PasskeyOutcome = "tooMany"
)

// The methods that a passkey proves.
//
// RFC 8176 2: pop is the possession of a key. Nobody attests here whether hardware holds it, so it is neither hwk nor swk. The key answers only
// after its holder gave a finger, a face or a PIN, and says so in what it signs: mfa.
const (
	methodPasskey = "pop"
	methodFactors = "mfa"
)

func passkeyCheck(passkeys Passkeys) connector.Capability {
	return connector.Capability{
		Name:   "passkey.check",
		Doc:    "Checks the answer of a passkey, and makes its owner a user. Besides `pop` the token says `mfa`: the passkey made sure of its owner.",
		Inputs: []connector.Field{{Name: "passkey", Type: required(connector.Secret), Doc: "What a field of type passkey gave."}},
		Outcomes: []connector.Outcome{
			{Name: "success", Doc: "The passkey is right.", Outputs: []connector.Field{
				{Name: "user", Type: required(connector.User), Doc: "Whose it is."},
			}},
			{Name: "failure", Doc: "It is nobody's any more, another's than the page asked for, or the page is too old; it does not tell which."},
		},
		Proves:     methodPasskey,
		ProvesAlso: []string{methodFactors},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if passkeys == nil {
				return connector.Result{}, errNoPort
			}
			answer, _ := call.Inputs["passkey"].(connector.SecretValue)
			result, err := passkeys.Check(ctx, PasskeyAnswer{EnvironmentID: call.EnvironmentID, RunID: call.RunID, Answer: answer.Reveal(), Now: call.Now})
			switch {
			case err != nil:
				return connector.Result{}, err
			case result.Outcome == PasskeyWrong:
				return connector.Result{Outcome: string(PasskeyWrong)}, nil
			case result.Outcome != PasskeyRight:
				return connector.Result{}, errors.New("the passkeys gave no known answer")
			case result.Account == nil:
				return connector.Result{}, errors.New("the passkeys called an answer right and did not say whose")
			case !result.Account.Enabled:
				return connector.Result{Outcome: string(PasskeyWrong)}, nil
			}
			return connector.Result{
				Outcome: string(PasskeyRight),
				Output:  map[string]any{"user": connector.UserValue{AccountValue: *result.Account}},
				Proofs: []connector.Proof{
					{AccountID: result.Account.ID, Method: methodPasskey, At: call.Now},
					{AccountID: result.Account.ID, Method: methodFactors, At: call.Now},
				},
			}, nil
		},
	}
}

func passkeyRegister(ports Ports) connector.Capability {
	return connector.Capability{
		Name: "passkey.register",
		Doc:  "Registers a new passkey for somebody who proved to be themselves.",
		Inputs: []connector.Field{
			{Name: "user", Type: required(connector.User), Doc: "Who gets it: the account that the page asked for."},
			{Name: "passkey", Type: required(connector.Secret), Doc: "What a field of type newPasskey gave."},
			{Name: "name", Type: optional(connector.String), Doc: "What its owner calls it. Left out: a name is found."},
		},
		Outcomes: []connector.Outcome{
			{Name: "added", Doc: "It is registered."},
			{Name: "failure", Doc: "The answer does not hold, or the page is too old."},
			proveFirst(),
			{Name: "tooMany", Doc: "The user has as many authenticators as anybody may have."},
		},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if ports.Passkeys == nil {
				return connector.Result{}, errNoPort
			}
			user, _ := call.Inputs["user"].(connector.UserValue)
			answer, _ := call.Inputs["passkey"].(connector.SecretValue)
			name, _ := call.Inputs["name"].(string)
			if outcome, err := mayAdd(ctx, ports, call, user); err != nil || outcome != "" {
				return connector.Result{Outcome: outcome}, err
			}
			result, err := ports.Passkeys.Add(ctx, PasskeyAnswer{
				EnvironmentID: call.EnvironmentID, RunID: call.RunID, Answer: answer.Reveal(), UserID: user.ID, Name: name, Now: call.Now,
			})
			if err != nil {
				return connector.Result{}, err
			}
			return connector.Result{Outcome: string(result.Outcome)}, nil
		},
	}
}

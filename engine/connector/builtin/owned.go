package builtin

import (
	"context"
	"errors"
	"time"

	"vigil/engine/connector"
)

var errWrong = errors.New("not this one")

// checkOwned has a typed code judged by each of an account's authenticators of a kind, until one takes it. Take changes the authenticator so
// that the code is good no more, and fails with errWrong where it does not fit.
func checkOwned(ctx context.Context, ports Ports, call connector.Call, kind string, take func(*Authenticator) error) (connector.Result, error) {
	if ports.Authenticators == nil || ports.Guesses == nil {
		return connector.Result{}, errNoPort
	}
	account, _ := call.Inputs["account"].(connector.AccountValue)
	guess := Guess{EnvironmentID: call.EnvironmentID, Kind: kind, Account: account.ID, IP: call.Request.IP, Now: call.Now}
	answer, err := ports.Guesses.Try(ctx, guess, func() (right bool, err error) {
		all, err := ports.Authenticators.List(ctx, call.EnvironmentID, account.ID)
		if err != nil {
			return false, err
		}
		for i := range all {
			if all[i].Kind != kind {
				continue
			}
			err := ports.Authenticators.Change(ctx, call.EnvironmentID, account.ID, all[i].ID, take)
			switch {
			case err == nil:
				return account.Enabled, nil
			case !errors.Is(err, errWrong) && !errors.Is(err, ErrNoAuthenticator):
				return false, err
			}
		}
		return false, nil
	})
	switch {
	case err != nil:
		return connector.Result{}, err
	case answer == GuessLocked:
		return connector.Result{Outcome: "locked"}, nil
	case answer == GuessWrong:
		return connector.Result{Outcome: "wrong"}, nil
	}
	return proved(account, methodOTP, call.Now), nil
}

// secondFactorLasts is how long a proof of the session is fresh enough to change what proves a user.
const secondFactorLasts = 15 * time.Minute

func proveFirst() connector.Outcome {
	return connector.Outcome{Name: "proveFirst", Doc: "The user has a second factor and has not used it in this run, nor in the session within the last " +
		"15 minutes: ask for it, then come back. Whoever has only a password gets no further."}
}

// usedSecond: who has a second factor used it a moment ago.
func usedSecond(call connector.Call, user connector.UserValue, all []Authenticator) bool {
	has := false
	for i := range all {
		has = has || all[i].Kind == KindTOTP || all[i].Kind == KindPasskey
	}
	if !has {
		return true
	}
	second := func(p connector.Proof) bool {
		return p.AccountID == user.ID && (connector.Satisfies(p.Method, "have") || p.Method == methodFactors)
	}
	for _, p := range call.Proofs {
		if second(p) {
			return true
		}
	}
	if call.Session == nil {
		return false
	}
	for _, p := range call.Session.Proofs {
		if second(p) && call.Now.Sub(p.At) <= secondFactorLasts {
			return true
		}
	}
	return false
}

// mostOwned is how many authenticators anybody may have.
const mostOwned = 20

// mayAdd gives the outcome by which a new authenticator is refused. Empty: it is not.
func mayAdd(ctx context.Context, ports Ports, call connector.Call, user connector.UserValue) (outcome string, err error) {
	if ports.Authenticators == nil || ports.Random == nil {
		return "", errNoPort
	}
	all, err := ports.Authenticators.List(ctx, call.EnvironmentID, user.ID)
	switch {
	case err != nil:
		return "", err
	case !usedSecond(call, user, all):
		return "proveFirst", nil
	case len(all) >= mostOwned:
		return "tooMany", nil
	}
	return "", nil
}

package passkey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"vigil/engine/connector/builtin"
)

// errWrong: the answer does not hold. Why is for the log alone.
var errWrong = errors.New("the answer does not hold")

// errCopied: the sign counter stood still or went back.
var errCopied = errors.New("the passkey may have been copied")

// take gives what the page asked, once. Nil: nothing is asked any more.
func (s *Service) take(ctx context.Context, runID, name string) (*asked, error) {
	var a *asked
	err := s.Keep.Change(ctx, runID, name, func(value []byte) ([]byte, error) {
		if a = nil; value == nil {
			return nil, nil
		}
		a = &asked{}
		return nil, json.Unmarshal(value, a)
	})
	if err != nil {
		return nil, fmt.Errorf("take challenge: %w", err)
	}
	return a, nil
}

// Check implements builtin.Passkeys.
func (s *Service) Check(ctx context.Context, answer builtin.PasskeyAnswer) (builtin.PasskeyResult, error) {
	result, err := s.check(ctx, answer)
	return s.judged(ctx, answer, result, err)
}

func (s *Service) check(ctx context.Context, answer builtin.PasskeyAnswer) (builtin.PasskeyResult, error) {
	none := builtin.PasskeyResult{}
	a, err := s.take(ctx, answer.RunID, keptGet)
	if err != nil {
		return none, err
	}
	if a == nil {
		return none, fmt.Errorf("%w: nothing was asked", errWrong)
	}
	response, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer.Answer))
	if err != nil {
		return none, wrong(err)
	}
	userID := a.Account
	if userID == "" {
		userID = string(response.Response.UserHandle)
	}
	account, err := s.Account(ctx, answer.EnvironmentID, userID)
	if err != nil {
		return none, err
	}
	if account == nil {
		return none, fmt.Errorf("%w: there is no such person", errWrong)
	}
	o, err := s.owner(ctx, answer.EnvironmentID, *account)
	if err != nil {
		return none, err
	}
	o = o.of(a.Party)
	credential, err := verify(a, o, response)
	if err != nil {
		return none, err
	}
	for _, p := range o.passkeys {
		if bytes.Equal(p.key.ID, credential.ID) {
			return builtin.PasskeyResult{Outcome: builtin.PasskeyRight, Account: account}, s.use(ctx, answer, p, seen{userID, uint64(response.Response.AuthenticatorData.Counter), byte(credential.Flags.ProtocolValue())})
		}
	}
	return none, fmt.Errorf("%w: it is none of theirs", errWrong)
}

// verify holds an answer against what was asked and against the owner's keys.
func verify(a *asked, o owner, response *protocol.ParsedCredentialAssertionData) (*webauthn.Credential, error) {
	library, err := speaker(a.Party, a.Origin, "")
	if err != nil {
		return nil, err
	}
	var credential *webauthn.Credential
	if len(a.Session.UserID) > 0 {
		credential, err = library.ValidateLogin(o, a.Session, response)
	} else {
		found := func([]byte, []byte) (webauthn.User, error) { return o, nil }
		credential, err = library.ValidateDiscoverableLogin(found, a.Session, response)
	}
	if err != nil {
		return nil, wrong(err)
	}
	return credential, nil
}

// seen is what an authenticator said of itself when it answered.
type seen struct {
	userID string
	count  uint64
	flags  byte
}

// use counts a use of a passkey. Of two answers with one counter exactly one is right.
//
// WebAuthn 7.2 22: a counter that did not grow is a sign of a copy. Zero on both sides: the authenticator does not count.
func (s *Service) use(ctx context.Context, answer builtin.PasskeyAnswer, p passkey, now seen) error {
	copied := false
	err := s.Authenticators.Change(ctx, answer.EnvironmentID, now.userID, p.Authenticator.ID, func(kept *builtin.Authenticator) error {
		var k key
		if err := json.Unmarshal(kept.Data, &k); err != nil {
			return fmt.Errorf("decode passkey: %w", err)
		}
		copied = k.Copied || (now.count <= kept.Counter && (now.count != 0 || kept.Counter != 0))
		if k.Copied = copied; !copied {
			kept.Counter, kept.LastUsedAt, k.Flags = now.count, answer.Now, now.flags
		}
		var err error
		kept.Data, err = json.Marshal(k)
		return err
	})
	switch {
	case errors.Is(err, builtin.ErrNoAuthenticator):
		return fmt.Errorf("%w: it was removed", errWrong)
	case err != nil:
		return err
	case copied:
		return fmt.Errorf("%w: %w", errWrong, errCopied)
	}
	return nil
}

// Add implements builtin.Passkeys.
func (s *Service) Add(ctx context.Context, answer builtin.PasskeyAnswer) (builtin.PasskeyResult, error) {
	err := s.add(ctx, answer)
	if errors.Is(err, builtin.ErrTooMany) {
		return builtin.PasskeyResult{Outcome: builtin.PasskeyFull}, nil
	}
	return s.judged(ctx, answer, builtin.PasskeyResult{Outcome: builtin.PasskeyAdded}, err)
}

func (s *Service) add(ctx context.Context, answer builtin.PasskeyAnswer) error {
	a, err := s.take(ctx, answer.RunID, keptCreate)
	switch {
	case err != nil:
		return err
	case a == nil || a.Account == "" || a.Account != answer.UserID:
		return fmt.Errorf("%w: nothing was asked of this person", errWrong)
	}
	account, err := s.Account(ctx, answer.EnvironmentID, answer.UserID)
	switch {
	case err != nil:
		return err
	case account == nil:
		return fmt.Errorf("%w: there is no such person", errWrong)
	}
	o, err := s.owner(ctx, answer.EnvironmentID, *account)
	if err != nil {
		return err
	}
	response, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer.Answer))
	if err != nil {
		return wrong(err)
	}
	library, err := speaker(a.Party, a.Origin, "")
	if err != nil {
		return err
	}
	credential, err := library.CreateCredential(o, a.Session, response)
	if err != nil {
		return wrong(err)
	}
	for _, p := range o.passkeys {
		// WebAuthn 7.1 26: a key is registered once.
		if bytes.Equal(p.key.ID, credential.ID) {
			return fmt.Errorf("%w: it is registered already", errWrong)
		}
	}
	return s.keep(ctx, answer, a.Party, credential)
}

func (s *Service) keep(ctx context.Context, answer builtin.PasskeyAnswer, party string, credential *webauthn.Credential) error {
	data, err := json.Marshal(key{
		ID: credential.ID, PublicKey: credential.PublicKey, Party: party, Model: credential.Authenticator.AAGUID, Transports: credential.Transport,
		Attachment: credential.Authenticator.Attachment, Flags: byte(credential.Flags.ProtocolValue()),
	})
	if err != nil {
		return fmt.Errorf("encode passkey: %w", err)
	}
	const longest = 64
	name := strings.TrimSpace(answer.Name)
	if runes := []rune(name); len(runes) > longest {
		name = string(runes[:longest])
	}
	if name == "" {
		name = "Passkey"
	}
	_, err = s.Authenticators.Add(ctx, answer.EnvironmentID, answer.UserID, builtin.Authenticator{
		Kind: builtin.KindPasskey, Name: name, Counter: uint64(credential.Authenticator.SignCount), Data: data,
	})
	return err
}

// wrong keeps the library's reason for the log.
func wrong(err error) error {
	var detailed *protocol.Error
	if errors.As(err, &detailed) {
		return fmt.Errorf("%w: %s %s", errWrong, detailed.Details, detailed.DevInfo)
	}
	return fmt.Errorf("%w: %w", errWrong, err)
}

// judged turns an answer that does not hold into an outcome, and tells the operator why.
func (s *Service) judged(ctx context.Context, answer builtin.PasskeyAnswer, result builtin.PasskeyResult, err error) (builtin.PasskeyResult, error) {
	switch {
	case err == nil:
		return result, nil
	case errors.Is(err, errCopied):
		s.Log.WarnContext(ctx, "a passkey may have been copied and signs nobody on any more", "environment", answer.EnvironmentID)
	case errors.Is(err, errWrong):
		s.Log.InfoContext(ctx, "an answer of a passkey does not hold", "environment", answer.EnvironmentID, "cause", err)
	default:
		return builtin.PasskeyResult{}, err
	}
	return builtin.PasskeyResult{Outcome: builtin.PasskeyWrong}, nil
}

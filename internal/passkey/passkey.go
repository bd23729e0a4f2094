package passkey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/internal/tenant"
)

// Service asks for passkeys and judges answers. All fields are required.
type Service struct {
	Keep           builtin.Keep
	Authenticators builtin.Authenticators
	// Account reads a person. Nil: gone or disabled.
	Account func(ctx context.Context, environmentID, userID string) (*connector.AccountValue, error)
	Random  io.Reader
	Log     *slog.Logger
}

// Question is what a page wants to ask.
type Question struct {
	Base  tenant.Base
	RunID string
	// Place names the page and the field: the same place asks the same until it is answered.
	Place string
	// Account is whose passkey is asked for, or who gets a new one. Nil: anybody's.
	Account *connector.AccountValue
	New     bool
	// Origin is where the script runs. Empty: on pages of the base.
	Origin string
}

// ErrNoHost: browsers know no passkeys at such an address.
var ErrNoHost = errors.New("passkeys need a host name")

// The names under which a run keeps what its page asked last.
const (
	keptGet    = "passkey get"
	keptCreate = "passkey create"
)

// asked is what a run keeps of a question.
type asked struct {
	Place   string               `json:"place"`
	Account string               `json:"account,omitempty"`
	Party   string               `json:"party"`
	Origin  string               `json:"origin"`
	Session webauthn.SessionData `json:"session"`
	Options json.RawMessage      `json:"options"`
}

// Ask gives the options for navigator.credentials, as JSON with base64url for bytes. A page that is shown again asks the same again. ErrNoHost.
func (s *Service) Ask(ctx context.Context, q Question) (json.RawMessage, error) {
	party, err := partyOf(q.Base)
	if err != nil {
		return nil, err
	}
	if q.Origin == "" {
		q.Origin = q.Base.Origin
	}
	fresh, err := s.begin(ctx, party, q)
	if err != nil {
		return nil, err
	}
	name := keptGet
	if q.New {
		name = keptCreate
	}
	var options json.RawMessage
	err = s.Keep.Change(ctx, q.RunID, name, func(value []byte) ([]byte, error) {
		var before asked
		if value != nil && json.Unmarshal(value, &before) == nil &&
			before.Place == fresh.Place && before.Account == fresh.Account && before.Party == fresh.Party && before.Origin == fresh.Origin {
			options = before.Options
			return value, nil
		}
		options = fresh.Options
		return json.Marshal(fresh)
	})
	if err != nil {
		return nil, fmt.Errorf("keep challenge: %w", err)
	}
	return options, nil
}

// begin makes a question with a challenge of its own.
func (s *Service) begin(ctx context.Context, party string, q Question) (asked, error) {
	a := asked{Place: q.Place, Party: party, Origin: q.Origin}
	challenge := make([]byte, protocol.DefaultChallengeLength)
	if _, err := io.ReadFull(s.Random, challenge); err != nil {
		return a, fmt.Errorf("make challenge: %w", err)
	}
	library, err := speaker(a.Party, a.Origin, q.Base.Environment.Name)
	if err != nil {
		return a, err
	}
	var o owner
	if q.Account != nil {
		a.Account = q.Account.ID
		if o, err = s.owner(ctx, q.Base.Environment.ID, *q.Account); err != nil {
			return a, err
		}
	}
	var session *webauthn.SessionData
	var options any
	switch {
	case q.New && q.Account == nil:
		return a, errors.New("a new passkey for nobody")
	case q.New:
		session, options, err = create(library, o, challenge)
	default:
		session, options, err = get(library, o, challenge)
	}
	if err != nil {
		return a, fmt.Errorf("ask for a passkey: %w", err)
	}
	a.Session = *session
	a.Options, err = json.Marshal(options)
	return a, err
}

func create(library *webauthn.WebAuthn, o owner, challenge []byte) (*webauthn.SessionData, any, error) {
	creation, session, err := library.BeginRegistration(o,
		webauthn.WithExclusions(webauthn.Credentials(o.WebAuthnCredentials()).CredentialDescriptors()),
		func(options *protocol.PublicKeyCredentialCreationOptions) error {
			options.Challenge, options.Parameters = challenge, algorithms()
			return nil
		})
	if err != nil {
		return nil, nil, err
	}
	return session, creation.Response, nil
}

// get asks for one of the owner's passkeys, or for anybody's.
func get(library *webauthn.WebAuthn, o owner, challenge []byte) (*webauthn.SessionData, any, error) {
	assertion, session, err := library.BeginDiscoverableLogin(webauthn.WithChallenge(challenge))
	if o.account.ID != "" && len(o.passkeys) > 0 {
		assertion, session, err = library.BeginLogin(o, webauthn.WithChallenge(challenge))
	}
	if err != nil {
		return nil, nil, err
	}
	return session, assertion.Response, nil
}

// speaker is the library, set up for one host.
//
// WebAuthn 7.1 9, 7.2 12: the origin must be the one that the page was shown on, to the letter.
func speaker(party, origin, name string) (*webauthn.WebAuthn, error) {
	if name == "" {
		name = party
	}
	library, err := webauthn.New(&webauthn.Config{
		RPID: party, RPDisplayName: name, RPOrigins: []string{origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			// WebAuthn 5.8.6: without verification a passkey would be one factor, and a found key would sign on.
			UserVerification: protocol.VerificationRequired,
		},
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("set up passkeys for %q: %w", party, err)
	}
	return library, nil
}

// algorithms are those that every authenticator of today has one of.
func algorithms() []protocol.CredentialParameter {
	var all []protocol.CredentialParameter
	for _, algorithm := range []webauthncose.COSEAlgorithmIdentifier{webauthncose.AlgES256, webauthncose.AlgEdDSA, webauthncose.AlgRS256} {
		all = append(all, protocol.CredentialParameter{Type: protocol.PublicKeyCredentialType, Algorithm: algorithm})
	}
	return all
}

// partyOf is the relying party id of a host: the one that the environment names if the host is below it, else the host itself.
//
// WebAuthn 5.1.2: the id must be the host of the origin, or a registrable suffix of it.
func partyOf(base tenant.Base) (string, error) {
	u, err := url.Parse(base.Origin)
	if err != nil {
		return "", fmt.Errorf("read origin: %w", err)
	}
	host := strings.ToLower(u.Hostname())
	if _, err := netip.ParseAddr(host); err == nil || host == "" {
		return "", ErrNoHost
	}
	named := base.Environment.PasskeyRelyingParty
	if named != "" && (host == named || strings.HasSuffix(host, "."+named)) {
		return named, nil
	}
	return host, nil
}

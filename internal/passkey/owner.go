package passkey

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
)

// key is what is kept of a passkey besides its sign counter. Attestation is not asked for, and not kept.
type key struct {
	ID         []byte                            `json:"id"`
	PublicKey  []byte                            `json:"key"`
	Party      string                            `json:"party"`
	Model      []byte                            `json:"aaguid,omitempty"`
	Transports []protocol.AuthenticatorTransport `json:"transports,omitempty"`
	Attachment protocol.AuthenticatorAttachment  `json:"attachment,omitempty"`
	// Flags are those of WebAuthn 6.1 at the last use: whether it may be, and is, backed up among them.
	Flags byte `json:"flags"`
	// Copied: its sign counter once stood still or went back, so there may be two of it. It signs nobody on any more.
	Copied bool `json:"copied,omitempty"`
}

// owner is somebody with their passkeys, as the library wants to see them.
type owner struct {
	account  connector.AccountValue
	passkeys []passkey
}

// passkey is one authenticator of somebody's.
type passkey struct {
	builtin.Authenticator
	key
}

func (s *Service) owner(ctx context.Context, environmentID string, account connector.AccountValue) (owner, error) {
	o := owner{account: account}
	all, err := s.Authenticators.List(ctx, environmentID, account.ID)
	if err != nil {
		return o, err
	}
	for _, a := range all {
		if a.Kind != builtin.KindPasskey {
			continue
		}
		p := passkey{Authenticator: a}
		if err := json.Unmarshal(a.Data, &p.key); err != nil {
			return o, fmt.Errorf("decode passkey: %w", err)
		}
		o.passkeys = append(o.passkeys, p)
	}
	return o, nil
}

// of leaves those of one relying party.
func (o owner) of(party string) owner {
	all := o.passkeys
	o.passkeys = nil
	for _, p := range all {
		if p.Party == party {
			o.passkeys = append(o.passkeys, p)
		}
	}
	return o
}

func (p passkey) credential() webauthn.Credential {
	return webauthn.Credential{
		ID: p.key.ID, PublicKey: p.PublicKey, Transport: p.Transports, Flags: webauthn.NewCredentialFlags(protocol.AuthenticatorFlags(p.Flags)),
		Authenticator: webauthn.Authenticator{AAGUID: p.Model, SignCount: uint32(p.Counter), Attachment: p.Attachment},
	}
}

// WebAuthnID implements webauthn.User.
//
// WebAuthn 14.6.1: the handle tells nothing of the person; an id of ours does not.
func (o owner) WebAuthnID() []byte { return []byte(o.account.ID) }

// WebAuthnName implements webauthn.User.
func (o owner) WebAuthnName() string { return o.account.Username }

// WebAuthnDisplayName implements webauthn.User.
func (o owner) WebAuthnDisplayName() string {
	switch a := o.account; {
	case a.GivenName != "" && a.FamilyName != "":
		return a.GivenName + " " + a.FamilyName
	case a.GivenName != "":
		return a.GivenName
	}
	return o.account.Username
}

// WebAuthnCredentials implements webauthn.User.
func (o owner) WebAuthnCredentials() []webauthn.Credential {
	all := make([]webauthn.Credential, len(o.passkeys))
	for i, p := range o.passkeys {
		all[i] = p.credential()
	}
	return all
}

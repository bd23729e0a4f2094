package builtin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vigil/engine/connector"
)

// Externals knows other identity providers, and which of their people are whose here.
type Externals interface {
	// SignOn judges what the browser came back with. An answer counts once. Nil without an error: it does not hold.
	SignOn(ctx context.Context, answer ExternalAnswer) (*Identity, error)
	// Owner gives the account that an identity is linked to. Nil: none.
	Owner(ctx context.Context, environmentID string, identity Identity) (*connector.AccountValue, error)
	// Link links an identity to an account, which may have it already. ErrTaken: it is another's.
	Link(ctx context.Context, environmentID, userID string, identity Identity, now time.Time) error
	// Register makes an account of an identity and links the two at once. ErrTaken: the user name, the e-mail address or the identity is another's.
	Register(ctx context.Context, environmentID, username string, identity Identity, now time.Time) (*connector.AccountValue, error)
}

// ErrTaken: what is asked for belongs to another account.
var ErrTaken = errors.New("it belongs to another account")

// ExternalAnswer is what a field of type external gave.
type ExternalAnswer struct {
	EnvironmentID, RunID string
	Answer               string
	Now                  time.Time
}

// Identity is somebody as another identity provider knows them. Issuer and Subject together are nobody else's, ever.
type Identity struct {
	Provider      string `json:"provider"` // its name in the configuration
	Issuer        string `json:"issuer"`
	Subject       string `json:"subject"`
	Email         string `json:"email,omitempty"`
	EmailVerified bool   `json:"emailVerified,omitempty"` // the provider says so
	Username      string `json:"username,omitempty"`
	GivenName     string `json:"givenName,omitempty"`
	FamilyName    string `json:"familyName,omitempty"`
}

// methodExternal: another provider vouches. RFC 8176 has no word for it; this one is Microsoft's.
const methodExternal = "fed"

// keptIdentity is under which name a run keeps who came back last.
const keptIdentity = "external identity"

func (i Identity) claims() map[string]any {
	claims := map[string]any{"provider": i.Provider, "subject": i.Subject, "emailVerified": i.EmailVerified}
	for name, value := range map[string]string{"email": i.Email, "username": i.Username, "givenName": i.GivenName, "familyName": i.FamilyName} {
		if claims[name] = nil; value != "" {
			claims[name] = value
		}
	}
	return claims
}

func identityClaims() connector.Type {
	return connector.Type{Kind: connector.Object, Fields: []connector.Field{
		{Name: "provider", Type: required(connector.String), Doc: "The provider's name in the configuration."},
		{Name: "subject", Type: required(connector.String), Doc: "Who it is there."},
		{Name: "email", Type: optional(connector.String), Doc: "The e-mail address."},
		{Name: "emailVerified", Type: required(connector.Bool), Doc: "Whether the provider made sure of the address."},
		{Name: "username", Type: optional(connector.String), Doc: "The user name."},
		{Name: "givenName", Type: optional(connector.String), Doc: "The given name."},
		{Name: "familyName", Type: optional(connector.String), Doc: "The family name."},
	}}
}

func externalSignOn(externals Externals, keep Keep) connector.Capability {
	return connector.Capability{
		Name:   "external.signOn",
		Doc:    "Checks what somebody came back with from another identity provider, and makes whoever is linked to it a user.",
		Inputs: []connector.Field{{Name: "answer", Type: required(connector.Secret), Doc: "What a field of type external gave."}},
		Outcomes: []connector.Outcome{
			{Name: "success", Doc: "The provider vouches for somebody who is linked to an account here.", Outputs: []connector.Field{
				{Name: "user", Type: required(connector.User), Doc: "Whose account it is."},
			}},
			{Name: "unlinked", Doc: "The provider vouches for somebody who is linked to no account here.", Outputs: []connector.Field{
				{Name: "claims", Type: identityClaims(), Doc: "What the provider says of them."},
			}},
			{Name: "failure", Doc: "They were turned away there, or the answer does not hold."},
		},
		Proves: methodExternal,
		Needs:  NeedIdentityProviders,
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if externals == nil || keep == nil {
				return connector.Result{}, errNoPort
			}
			return signOnExternally(ctx, call, externals, keep)
		},
	}
}

func signOnExternally(ctx context.Context, call connector.Call, externals Externals, keep Keep) (connector.Result, error) {
	answer, _ := call.Inputs["answer"].(connector.SecretValue)
	identity, err := externals.SignOn(ctx, ExternalAnswer{EnvironmentID: call.EnvironmentID, RunID: call.RunID, Answer: answer.Reveal(), Now: call.Now})
	if err != nil {
		return connector.Result{}, err
	}
	if identity == nil {
		return connector.Result{Outcome: "failure"}, nil
	}
	owner, err := externals.Owner(ctx, call.EnvironmentID, *identity)
	switch {
	case err != nil:
		return connector.Result{}, err
	case owner != nil && owner.Enabled:
		return proved(*owner, methodExternal, call.Now), nil
	case owner != nil:
		return connector.Result{Outcome: "failure"}, nil
	}
	err = keep.Change(ctx, call.RunID, keptIdentity, func([]byte) ([]byte, error) { return json.Marshal(identity) })
	return connector.Result{Outcome: "unlinked", Output: map[string]any{"claims": identity.claims()}}, err
}

// proved is the success of an authenticator with one method.
func proved(account connector.AccountValue, method string, now time.Time) connector.Result {
	return connector.Result{
		Outcome: "success",
		Output:  map[string]any{"user": connector.UserValue{AccountValue: account}},
		Proofs:  []connector.Proof{{AccountID: account.ID, Method: method, At: now}},
	}
}

// cameBack takes the identity that came back last in this run and is linked to nobody. What a flow says of it counts for nothing.
func cameBack(ctx context.Context, keep Keep, runID string) (Identity, error) {
	var identity Identity
	err := keep.Change(ctx, runID, keptIdentity, func(value []byte) ([]byte, error) {
		if value == nil {
			return nil, errors.New("nobody came back from another provider in this run")
		}
		identity = Identity{}
		return value, json.Unmarshal(value, &identity)
	})
	if err != nil {
		return identity, fmt.Errorf("read external identity: %w", err)
	}
	return identity, nil
}

func externalLink(externals Externals, keep Keep) connector.Capability {
	return connector.Capability{
		Name:   "external.link",
		Doc:    "Links whoever external.signOn left unlinked in this run to somebody who proved to be themselves. From then on the provider vouches for them.",
		Inputs: []connector.Field{{Name: "user", Type: required(connector.User), Doc: "Whose account it is. An e-mail address alone proves nobody."}},
		Outcomes: []connector.Outcome{
			{Name: "linked", Doc: "They are linked, or were before."},
			{Name: "taken", Doc: "They are linked to another account."},
		},
		Needs: NeedIdentityProviders,
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if externals == nil || keep == nil {
				return connector.Result{}, errNoPort
			}
			user, _ := call.Inputs["user"].(connector.UserValue)
			identity, err := cameBack(ctx, keep, call.RunID)
			if err != nil {
				return connector.Result{}, err
			}
			err = externals.Link(ctx, call.EnvironmentID, user.ID, identity, call.Now)
			if errors.Is(err, ErrTaken) {
				return connector.Result{Outcome: "taken"}, nil
			}
			return connector.Result{Outcome: "linked"}, err
		},
	}
}

func externalRegister(externals Externals, keep Keep) connector.Capability {
	return connector.Capability{
		Name:   "external.register",
		Doc:    "Makes an account of whoever external.signOn left unlinked in this run, linked from the start, and makes them its user. It has no password.",
		Inputs: []connector.Field{{Name: "username", Type: optional(connector.String), Doc: "The user name. Left out: the e-mail address that the provider made sure of."}},
		Outcomes: []connector.Outcome{
			{Name: "success", Doc: "There is an account now.", Outputs: []connector.Field{
				{Name: "user", Type: required(connector.User), Doc: "Whose it is."},
			}},
			{Name: "exists", Doc: "The user name or the e-mail address is another account's, or there is no name to give."},
		},
		Proves: methodExternal,
		Needs:  NeedIdentityProviders,
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if externals == nil || keep == nil {
				return connector.Result{}, errNoPort
			}
			identity, err := cameBack(ctx, keep, call.RunID)
			if err != nil {
				return connector.Result{}, err
			}
			username, _ := call.Inputs["username"].(string)
			if username == "" && identity.EmailVerified {
				username = identity.Email
			}
			if username == "" {
				return connector.Result{Outcome: "exists"}, nil
			}
			account, err := externals.Register(ctx, call.EnvironmentID, username, identity, call.Now)
			switch {
			case errors.Is(err, ErrTaken):
				return connector.Result{Outcome: "exists"}, nil
			case err != nil:
				return connector.Result{}, err
			}
			return proved(*account, methodExternal, call.Now), nil
		},
	}
}

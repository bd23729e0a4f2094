package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vigil/internal/registration"
	"vigil/internal/store/kv"
)

// NewClientToken is a token to be made.
type NewClientToken struct {
	Environment string        `json:"environment"`
	Name        string        `json:"name"`     // for operators: whom it was made for
	Lifetime    time.Duration `json:"lifetime"` // nanoseconds; a minute to a year
	Uses        int           `json:"uses"`     // how many may register with it. Zero: any number
}

// ClientToken is what an operator sees of a token.
type ClientToken struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"createdAt"`
	Expires   time.Time `json:"expires"`
	Left      int       `json:"left"`            // how many may still register with it. Negative: any number
	Token     string    `json:"token,omitempty"` // told when it is made, and never again
}

// ClientName names an application that registered itself, or a token, by its id.
type ClientName struct {
	Environment string `json:"environment"`
	ID          string `json:"id"`
}

// Clients are a page of applications.
type Clients struct {
	Clients []RegisteredClient `json:"clients"`
	Next    string             `json:"next,omitempty"` // empty: this was the last page
}

// RegisteredClient is what an operator sees of an application that registered itself. It holds no secret.
type RegisteredClient struct {
	ID        string                `json:"id"`
	Name      string                `json:"name"`
	Through   string                `json:"through"` // the name of the token that it came with
	IssuedAt  time.Time             `json:"issuedAt"`
	ChangedAt time.Time             `json:"changedAt"`
	Metadata  registration.Metadata `json:"metadata"`
}

// Done is the answer where there is nothing to tell.
type Done struct{}

// Limits of a token.
const (
	shortestToken = time.Minute
	longestToken  = 365 * 24 * time.Hour
	maxUses       = 1_000_000
	maxTokenName  = 100 // bytes
)

// MintClientToken implements Operations.
func (l *Local) MintClientToken(ctx context.Context, n NewClientToken) (ClientToken, error) {
	switch err := l.registers(n.Environment); {
	case err != nil:
		return ClientToken{}, err
	case n.Name == "" || len(n.Name) > maxTokenName:
		return ClientToken{}, &Error{CodeInvalid, fmt.Sprintf("a token needs a name of at most %d bytes", maxTokenName)}
	case n.Lifetime < shortestToken || n.Lifetime > longestToken:
		return ClientToken{}, &Error{CodeInvalid, "a token lives for a minute to a year"}
	case n.Uses < 0 || n.Uses > maxUses:
		return ClientToken{}, &Error{CodeInvalid, fmt.Sprintf("uses are 0, for any number, to %d", maxUses)}
	}
	left := n.Uses
	if left == 0 {
		left = -1
	}
	t, made, err := l.Registered.Mint(ctx, n.Environment, registration.InitialToken{Name: n.Name, Expires: l.Now().Add(n.Lifetime), Left: left})
	if errors.Is(err, registration.ErrTokens) {
		return ClientToken{}, &Error{CodeInvalid, err.Error() + ": take some back"}
	}
	if err != nil {
		return ClientToken{}, failed(err, "token")
	}
	told := tellToken(t)
	told.Token = made
	return told, nil
}

func tellToken(t registration.InitialToken) ClientToken {
	return ClientToken{ID: t.ID, Name: t.Name, CreatedAt: t.CreatedAt, Expires: t.Expires, Left: t.Left}
}

// ClientTokens implements Operations.
func (l *Local) ClientTokens(ctx context.Context, e Environment) ([]ClientToken, error) {
	if err := l.registers(e.Environment); err != nil {
		return nil, err
	}
	found, err := l.Registered.Tokens(ctx, e.Environment)
	list := make([]ClientToken, len(found))
	for i, t := range found {
		list[i] = tellToken(t)
	}
	return list, failed(err, "tokens")
}

// RevokeClientToken implements Operations.
func (l *Local) RevokeClientToken(ctx context.Context, n ClientName) (Done, error) {
	if err := l.registers(n.Environment); err != nil {
		return Done{}, err
	}
	found, err := l.Registered.Revoke(ctx, n.Environment, n.ID)
	if err == nil && !found {
		return Done{}, &Error{CodeNotFound, fmt.Sprintf("there is no token %q", n.ID)}
	}
	return Done{}, failed(err, "token")
}

// Clients implements Operations.
func (l *Local) Clients(ctx context.Context, p Page) (Clients, error) {
	if err := l.registers(p.Environment); err != nil {
		return Clients{}, err
	}
	if p.Limit < 1 || p.Limit > kv.MaxKeys {
		return Clients{}, &Error{CodeInvalid, fmt.Sprintf("limit is 1 to %d", kv.MaxKeys)}
	}
	found, next, err := l.Registered.List(ctx, p.Environment, p.After, p.Limit)
	page := Clients{Clients: make([]RegisteredClient, len(found)), Next: next}
	for i, c := range found {
		page.Clients[i] = RegisteredClient{ID: c.ID, Name: c.Name(), Through: c.Through, IssuedAt: c.IssuedAt, ChangedAt: c.ChangedAt, Metadata: c.Metadata}
	}
	return page, failed(err, "clients")
}

// DeleteClient implements Operations.
func (l *Local) DeleteClient(ctx context.Context, n ClientName) (Done, error) {
	if err := l.registers(n.Environment); err != nil {
		return Done{}, err
	}
	found, err := l.Registered.Remove(ctx, n.Environment, n.ID)
	if err == nil && !found {
		return Done{}, &Error{CodeNotFound, fmt.Sprintf("there is no registered client %q", n.ID)}
	}
	return Done{}, failed(err, "client")
}

func (l *Local) registers(environment string) error {
	if err := l.knows(environment); err != nil {
		return err
	}
	if l.Registered == nil {
		return &Error{CodeFailed, "the registered clients were not opened"}
	}
	return nil
}

package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigil/internal/authenticator"
	"vigil/internal/external"
	"vigil/internal/store/kv"
)

// Factor is what an operator sees of something that somebody proves themselves with, beside a password.
type Factor struct {
	ID string `json:"id"` // begins with its kind and a full stop
	// Kind is passkey, totp, recovery or remembered (a browser that is spared the second factor), or external: another provider vouches.
	Kind       string    `json:"kind"`
	Name       string    `json:"name,omitempty"`    // what its owner calls it; of an external one the provider
	Issuer     string    `json:"issuer,omitempty"`  // of an external one: who vouches
	Subject    string    `json:"subject,omitempty"` // of an external one: who it is there
	CreatedAt  time.Time `json:"createdAt"`
	LastUsedAt time.Time `json:"lastUsedAt,omitzero"` // zero: not used, or not known
}

const externalFactor = "external"

// FactorName names one of somebody's factors.
type FactorName struct {
	Person
	ID string `json:"id"`
}

// Factors implements Operations.
func (l *Local) Factors(ctx context.Context, p Person) ([]Factor, error) {
	u, err := l.find(ctx, p)
	if err != nil {
		return nil, err
	}
	var list []Factor
	err = l.Live.KV.View(ctx, func(r kv.Reader) error {
		held, err := authenticator.Held(r, u.EnvironmentID, u.ID)
		if err != nil {
			return err
		}
		links, err := external.LinksOf(r, u.EnvironmentID, u.ID)
		if err != nil {
			return err
		}
		list = make([]Factor, 0, len(held)+len(links))
		for _, a := range held {
			list = append(list, Factor{ID: a.Kind + "." + a.ID, Kind: a.Kind, Name: a.Name, CreatedAt: a.CreatedAt, LastUsedAt: a.LastUsedAt})
		}
		for _, k := range links {
			list = append(list, Factor{ID: externalFactor + "." + k.ID, Kind: externalFactor, Name: k.Provider, Issuer: k.Issuer, Subject: k.Subject, CreatedAt: k.LinkedAt})
		}
		return nil
	})
	slices.SortStableFunc(list, func(a, b Factor) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return list, failed(err, "factors")
}

// RemoveFactor implements Operations. Whoever holds what is taken away may be signed on by it: nobody stays signed on.
func (l *Local) RemoveFactor(ctx context.Context, n FactorName) (Ended, error) {
	u, err := l.find(ctx, n.Person)
	if err != nil {
		return Ended{}, err
	}
	kind, id, _ := strings.Cut(n.ID, ".")
	err = l.Live.KV.Update(ctx, func(tx kv.Tx) error {
		if kind == externalFactor {
			return external.Unlink(tx, u.EnvironmentID, u.ID, id)
		}
		return authenticator.Take(tx, u.EnvironmentID, u.ID, id)
	})
	if errors.Is(err, external.ErrNotLinked) || errors.Is(err, authenticator.ErrNotFound) {
		return Ended{}, &Error{CodeNotFound, fmt.Sprintf("user %q has no factor %q", n.Username, n.ID)}
	}
	if err != nil {
		return Ended{}, failed(err, "factor")
	}
	if u, err = l.Directory.BumpEpoch(ctx, u.EnvironmentID, u.ID); err != nil {
		return Ended{}, failed(err, fmt.Sprintf("user %q", n.Username))
	}
	return l.endAll(ctx, u)
}

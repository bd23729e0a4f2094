package grant

import (
	"context"
	"io"

	"vigil/internal/oidc"
)

// Environment makes and reads the grants of one environment.
type Environment struct {
	*Sealer
	*Refresher
}

// Environments are those of all tenants, by environment id. Immutable.
type Environments map[string]Environment

// NewEnvironments derives what every environment needs from its secrets.
func NewEnvironments(ids []string, secret func(environmentID, purpose string) [32]byte, random io.Reader) Environments {
	all := make(Environments, len(ids))
	for _, id := range ids {
		all[id] = Environment{
			Sealer:    NewSealer(id, random, secret(id, "authorization codes")),
			Refresher: &Refresher{Key: secret(id, "refresh tokens"), Random: random},
		}
	}
	return all
}

// Users tells what the tokens of a person may say.
type Users interface {
	// UserClaims gives everything known of a person; the scope cuts it down. ErrGone when the person was disabled or deleted.
	UserClaims(ctx context.Context, environmentID, userID string) (oidc.Claims, error)
}

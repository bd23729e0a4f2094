package notice

import (
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/tenant"
)

// Owed names the applications that are told of the end of a session: those that joined it and registered a back-channel logout URI.
func Owed(tenants *tenant.Tenants) func(*session.Session) []store.Addressee {
	return func(s *session.Session) []store.Addressee {
		base, ok := tenants.At(s.EnvironmentID, s.Origin)
		if !ok {
			return nil
		}
		if base = base.InRealm(base.Environment.Realm(s.Realm)); base.Scope() != s.Realm {
			return nil // the realm is there no more
		}
		var owed []store.Addressee
		for _, clientID := range s.Applications {
			if app := base.Environment.Application(clientID); app != nil && app.BackchannelLogoutURI != "" && base.SessionManaged(app) {
				owed = append(owed, store.Addressee{ClientID: clientID, Issuer: base.For(app).Issuer()})
			}
		}
		return owed
	}
}

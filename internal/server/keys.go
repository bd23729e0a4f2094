package server

import (
	"time"

	"vigil/internal/config"
	"vigil/internal/keys"
	"vigil/internal/tenant"
)

// KeyOptions are how the keys of a configuration are kept, by the server and by commands alike.
func KeyOptions(c *config.Config, tenants *tenant.Tenants) keys.Options {
	return keys.Options{
		KeyEncryptionKey: c.KeyEncryptionKey, EarlierKeyEncryptionKey: c.PreviousKeyEncryptionKey,
		Algorithms: tenants.SigningAlgorithms, Schedule: schedule(tenants), Encryption: true,
	}
}

// schedule gives when the keys of an environment change. A retired key is kept as long as any token that it signed may live.
func schedule(tenants *tenant.Tenants) func(environmentID string) keys.Schedule {
	return func(environmentID string) keys.Schedule {
		e := tenants.Environment(environmentID)
		if e == nil {
			return keys.Schedule{}
		}
		longest := e.Keys.KeepFor
		for _, a := range e.Applications {
			longest = max(longest, a.AccessTokenLifetime+time.Hour, a.IDTokenLifetime+time.Hour)
		}
		return keys.Schedule{Every: e.Keys.RotateEvery, Ahead: e.Keys.PublishBefore, Keep: longest}
	}
}

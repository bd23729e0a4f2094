package config

import (
	"log/slog"
	"net/netip"

	"vigil/engine/diag"
	"vigil/internal/tenant"
)

// Config is a configuration without mistakes.
type Config struct {
	// Path is the file that it was read from, as given.
	Path string
	// Listen are the addresses to serve on, as host:port: plain HTTP, or https with TLS. Never empty.
	Listen []string
	// TLS ends here. Nil: in a proxy in front.
	TLS *TLS
	// Metrics are the addresses to serve GET /metrics on, for Prometheus, as host:port. Empty: nowhere.
	Metrics []string
	// Data is the folder of vigil.db and vigil.sock. It may not exist yet. Never empty.
	Data string
	// Store is the address of a PostgreSQL database, with its password: never shown. Empty: vigil.db.
	Store string
	// SharedHosts are the origins on which every environment is served under /{envID}.
	SharedHosts []string
	// TrustedProxies are the peers whose X-Forwarded-For is believed. Empty: nobody's.
	TrustedProxies []netip.Prefix
	// CountryHeader is where trusted proxies say from which country a request comes. Empty: nobody says.
	CountryHeader string
	// ClientCertificates: clients may prove themselves with certificates. Nil: they may not.
	ClientCertificates *ClientCertificates
	Log                Log
	// KeyEncryptionKey is 32 bytes that encrypt signing keys at rest. Nil: they are stored in the clear.
	KeyEncryptionKey []byte
	// PreviousKeyEncryptionKey is 32 bytes that encrypted them before. Nil: there was no other.
	PreviousKeyEncryptionKey []byte
	// Flows is the folder of flow files. Empty: the flows that Vigil ships.
	Flows        string
	Environments []Environment

	places map[string]diag.Range
}

// Log says how the server writes its log.
type Log struct {
	Level  slog.Level
	Format string // FormatText, FormatJSON
}

// Log formats.
const (
	FormatText = "text"
	FormatJSON = "json"
)

// Environment is one tenant and the users it starts with.
type Environment struct {
	tenant.Environment
	Users []User
	// Declared are the settings of flows with their types; the values are Environment.Settings too.
	Declared Settings
}

// User is somebody who is added to the directory at a start if the username is still free.
type User struct {
	Username     string
	Password     string // empty when PasswordHash is given. Never logged
	PasswordHash string // argon2id PHC string; empty when Password is given
	Email        string
	GivenName    string
	FamilyName   string
	Groups       []string
}

// Database is the file of the store.
const Database = "vigil.db"

// Tenants indexes the environments. An error would be a mistake that Load overlooked.
func (c *Config) Tenants() (*tenant.Tenants, error) {
	environments := make([]*tenant.Environment, len(c.Environments))
	for i := range c.Environments {
		environments[i] = &c.Environments[i].Environment
	}
	return tenant.New(environments, c.SharedHosts)
}

// At gives the place of a value in the file by its path, such as environments[0].defaultFlow. Zero: the file does not give it.
func (c *Config) At(path string) diag.Range { return c.places[path] }

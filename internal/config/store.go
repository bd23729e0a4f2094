package config

import (
	"net/url"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
)

// LoadForOperators is Load for commands on the store: of all secrets, env is asked for the store's address alone. An operator's shell need not know
// those of applications.
func LoadForOperators(path string, env func(string) (string, bool)) (*Config, []diag.Diagnostic) {
	source, unreadable := readFile(path)
	if unreadable != nil {
		return nil, unreadable
	}
	r := newReader(path, source, nil)
	r.storeEnv = env
	return r.config(path, source)
}

// storeAddress is a secret: a password stands in it. Only its beginning is looked at here; whoever opens the store reads the rest.
func storeAddress() kind[string] {
	plain := secret()
	return kind[string]{name: plain.name, read: func(r *reader, n *yaml.Node, path string) (string, bool) {
		others := r.env
		r.env = r.storeEnv
		v, ok := plain.read(r, n, path)
		r.env = others
		if !ok || v == "" {
			return v, ok
		}
		u, err := url.Parse(v)
		switch {
		case err != nil:
			r.fault(n, ruleAddress, "the store is no address of PostgreSQL").Hint = "write postgres://user:password@host/database; characters like / @ : % of a password are written %2F %40 %3A %25"
			return "", false
		case u.Scheme != "postgres" && u.Scheme != "postgresql":
			r.fault(n, ruleAddress, "the store is no address of PostgreSQL").Hint = "write postgres://user:password@host/database, or leave store out for a file in the data folder"
			return "", false
		}
		return v, true
	}}
}

package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"vigil/internal/admin"
	"vigil/internal/config"
	"vigil/internal/directory"
	"vigil/internal/keys"
	"vigil/internal/notice"
	"vigil/internal/password"
	"vigil/internal/registration"
	"vigil/internal/server"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
)

// place says which store and which environment a command is about.
type place struct {
	Config      string `short:"c" default:"vigil.yaml" help:"The configuration file."`
	Environment string `short:"e" placeholder:"ID" help:"The environment. Needed if the configuration has several."`
}

// operate gives the operations on the store: its own, or those of the process that holds it. signing: the command is about keys. Call done afterwards.
func (p *place) operate(w *world, signing bool) (o admin.Operations, done func() error, err error) {
	cfg, err := w.loadForOperators(p.Config)
	if err != nil {
		return nil, nil, err
	}
	if err := p.choose(cfg); err != nil {
		return nil, nil, err
	}
	file, err := openStore(w, cfg)
	if errors.Is(err, errServed) {
		return admin.NewClient(cfg.Data), func() error { return nil }, nil
	}
	if err != nil {
		return nil, nil, err
	}
	local, err := p.local(w, file, signing)
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return local, file.Close, nil
}

// choose fills in the environment where there is no choice.
func (p *place) choose(cfg *config.Config) error {
	if p.Environment != "" {
		return nil
	}
	if len(cfg.Environments) > 1 {
		return errors.New("the configuration has several environments: name one with --environment")
	}
	p.Environment = cfg.Environments[0].ID
	return nil
}

// local builds what the operations need on a store of this process.
func (p *place) local(w *world, file kv.Store, signing bool) (*admin.Local, error) {
	if err := store.Migrate(w, file); err != nil {
		return nil, err
	}
	hasher, err := password.New(password.Config{Random: rand.Reader})
	if err != nil {
		return nil, err
	}
	read := w.env
	if !signing {
		read = nil
	}
	cfg, err := w.loadConfig(p.Config, read)
	if err != nil {
		return nil, err
	}
	tenants, err := cfg.Tenants()
	if err != nil {
		return nil, err
	}
	registered := &registration.Directory{Store: file, Tenants: tenants, Now: time.Now, Random: rand.Reader, Log: newLog(w.err, cfg.Log)}
	tenants.Use(registered)
	local := &admin.Local{
		Registered: registered,
		Flows:      unserved{file},
		Directory:  &directory.Directory{Store: file, Passwords: hasher, Now: time.Now, Random: rand.Reader},
		Live:       &store.Sessions{KV: file, Keep: keeps(tenants), Owed: notice.Owed(tenants)},
		Now:        time.Now,
	}
	for _, e := range tenants.Environments {
		local.Environments = append(local.Environments, e.ID)
	}
	if signing {
		local.Signing, err = keys.Open(w, file, local.Environments, time.Now(), server.KeyOptions(cfg, tenants))
	}
	return local, err
}

// keeps names the applications whose refresh tokens outlive their sessions.
func keeps(tenants *tenant.Tenants) func(environmentID, clientID string) bool {
	return func(environmentID, clientID string) bool {
		e := tenants.Environment(environmentID)
		if e == nil {
			return false
		}
		a := e.Application(clientID)
		return a != nil && a.RefreshTokensOutliveSession
	}
}

// with runs a verb on the store.
func with(w *world, p *place, signing bool, do func(admin.Operations) error) error {
	o, done, err := p.operate(w, signing)
	if err != nil {
		return err
	}
	return errors.Join(do(o), done())
}

// printJSON writes a list for programs.
func printJSON(w *world, value any) error {
	encoder := json.NewEncoder(w.out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// table writes rows for people.
func table(w *world, head string, rows []string) error {
	t := tabwriter.NewWriter(w.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, head)
	for _, r := range rows {
		fmt.Fprintln(t, r)
	}
	return t.Flush()
}

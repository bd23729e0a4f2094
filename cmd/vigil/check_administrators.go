package main

import (
	"errors"
	"os"
	"path/filepath"

	"vigil/engine/diag"
	"vigil/internal/admin"
	"vigil/internal/config"
	"vigil/internal/directory"
)

// administrators warns of names to which no account belongs. It looks into a store that is there, and makes none.
func (c *checkCommand) administrators(w *world, cfg *config.Config) (found []diag.Diagnostic) {
	nobody := func(string, string) bool { return false }
	if found = cfg.CheckAdministrators(nobody); len(found) == 0 {
		return nil
	}
	if cfg.Store == "" {
		if _, err := os.Stat(filepath.Join(cfg.Data, config.Database)); err != nil {
			return found
		}
	} else if c.Offline || !made(w, cfg) {
		return nil
	}
	opened, err := openStore(w, cfg)
	switch {
	case errors.Is(err, errServed):
		client := admin.NewClient(cfg.Data)
		return cfg.CheckAdministrators(func(environmentID, name string) bool {
			_, err := client.Sessions(w, admin.Person{Environment: environmentID, Username: name})
			told := (*admin.Error)(nil)
			return !errors.As(err, &told) || told.Code != admin.CodeNotFound
		})
	case err != nil:
		return nil // who cannot look does not warn
	}
	people := directory.Directory{Store: opened}
	found = cfg.CheckAdministrators(func(environmentID, name string) bool {
		_, err := people.Find(w, environmentID, name)
		return !errors.Is(err, directory.ErrNotFound)
	})
	if err := opened.Close(); err != nil {
		return nil
	}
	return found
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"vigil/internal/admin"
	"vigil/internal/config"
	"vigil/internal/store"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
)

type storeCommands struct {
	Import storeImport `cmd:"" help:"Copy a file into the empty database that the configuration names. No server may run."`
	Export storeExport `cmd:"" help:"Copy the store into a new file, also while a server has it. If it is a database, no server may run."`
}

type storeImport struct {
	Config string `short:"c" default:"vigil.yaml" help:"The configuration file."`
	File   string `arg:"" optional:"" help:"The file to copy. Without it: vigil.db in the data folder."`
}

// Run moves from a file to a database.
func (c *storeImport) Run(w *world) error {
	cfg, err := w.loadForOperators(c.Config)
	if err != nil {
		return err
	}
	if cfg.Store == "" {
		return fmt.Errorf("%s names no store to copy into: add store: with the address of a database", c.Config)
	}
	path := c.File
	if path == "" {
		path = filepath.Join(cfg.Data, config.Database)
	}
	if _, err := os.Stat(path); err != nil { // opening it would make it
		return fmt.Errorf("open store: %w", err)
	}
	from, err := openFile(path, bolt.Options{LockTimeout: patience})
	if err != nil {
		return err
	}
	to, err := openStore(w, cfg)
	if errors.Is(err, errServed) {
		err = errors.New("a server uses the database: stop it first")
	}
	if err != nil {
		return errors.Join(err, from.Close())
	}
	return errors.Join(c.copied(w, from, to), from.Close(), to.Close())
}

func (c *storeImport) copied(w *world, from, to kv.Store) error {
	records, err := copyStore(w, from, to)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.out, "%s copied and compared. Servers with this configuration use the database; the file stays as it is.\n", count(records, "record"))
	return nil
}

type storeExport struct {
	Config string `short:"c" default:"vigil.yaml" help:"The configuration file."`
	File   string `arg:"" help:"The file to make."`
}

// Run copies the store into a file, which appears when it is whole.
func (c *storeExport) Run(w *world) error {
	cfg, err := w.loadForOperators(c.Config)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(c.File); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("%s is there already", c.File), err)
	}
	from, err := openStore(w, cfg)
	part := c.File + ".part"
	switch {
	case errors.Is(err, errServed) && cfg.Store == "":
		return c.backup(w, cfg, part)
	case errors.Is(err, errServed):
		return errors.New("a server uses the store: stop it first, or use pg_dump")
	case err != nil:
		return err
	}
	records, err := exported(w, from, part)
	if err = errors.Join(err, from.Close()); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	if err := os.Rename(part, c.File); err != nil {
		return err
	}
	fmt.Fprintf(w.out, "%s copied to %s and compared. Put it into a data folder as %s to serve it.\n", count(records, "record"), c.File, config.Database)
	return nil
}

// backup gets a copy from the server that has the file, and looks whether it can be opened.
func (c *storeExport) backup(w *world, cfg *config.Config, part string) error {
	if err := vacate(part); err != nil {
		return err
	}
	file, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(admin.NewClient(cfg.Data).Backup(w, file), file.Sync(), file.Close())
	if err == nil {
		var copied kv.Store
		if copied, err = openFile(part, bolt.Options{}); err == nil {
			err = copied.Close()
		}
	}
	if err == nil {
		err = os.Rename(part, c.File)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	fmt.Fprintf(w.out, "The store as it was a moment ago is in %s. Put it into a data folder as %s to serve it.\n", c.File, config.Database)
	return nil
}

// vacate removes what a copy that was broken off left, or somebody else: its permissions would stay, and a link would lead elsewhere.
func vacate(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func exported(w *world, from kv.Store, path string) (records int, err error) {
	if err := vacate(path); err != nil {
		return 0, err
	}
	to, err := openFile(path, bolt.Options{})
	if err != nil {
		return 0, err
	}
	records, err = copyStore(w, from, to)
	return records, errors.Join(err, to.Close())
}

// copyStore copies and counts.
func copyStore(w *world, from, to kv.Store) (records int, err error) {
	err = store.Copy(w, from, to, func(_ string, n int) { records += n })
	if errors.Is(err, store.ErrNotEmpty) {
		err = fmt.Errorf("%w: a copy needs one that nobody used yet, such as another search_path= in its address", err)
	}
	return records, err
}

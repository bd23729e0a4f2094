package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"vigil/internal/config"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/postgres"
	"vigil/internal/store/schema"
)

// openStore opens the database that the configuration names, or the file in the data folder. Folder, file and tables are made when they are not there.
func openStore(ctx context.Context, o Options) (kv.Store, error) {
	if err := os.MkdirAll(o.Config.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	if o.Config.Store != "" {
		return openDatabase(ctx, o)
	}
	s, err := bolt.Open(filepath.Join(o.Config.Data, config.Database), schema.All(), bolt.Options{Logger: o.Log})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Backup writes a copy of the store as it is at this moment, as a file that serves. A database has ways of its own: an error.
func (s *Server) Backup(w io.Writer) error {
	file, ok := s.kv.(io.WriterTo)
	if !ok {
		return errors.New("the store is no file")
	}
	_, err := file.WriteTo(w)
	return err
}

func openDatabase(ctx context.Context, o Options) (kv.Store, error) {
	address, err := postgres.ParseAddress(o.Config.Store)
	if err != nil {
		return nil, fmt.Errorf("read store: %w", err)
	}
	if address.Unverified() {
		o.Log.Warn("the store is reached over a network without a proof of which server answers", "store", address.String(),
			"help", "add sslmode=verify-full to its address, and sslrootcert=FILE if its authority is your own")
	}
	s, err := postgres.Open(ctx, address, schema.All(), postgres.Options{Logger: o.Log})
	if err != nil {
		return nil, err
	}
	o.Log.Info("store opened", "store", address.String())
	return s, nil
}

package server

import (
	"fmt"
	"os"
	"path/filepath"

	"vigil/internal/config"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// openStore opens the file in the data folder and makes both when they are not there.
func openStore(o Options) (kv.Store, error) {
	if err := os.MkdirAll(o.Config.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	s, err := bolt.Open(filepath.Join(o.Config.Data, config.Database), schema.All(), bolt.Options{Logger: o.Log})
	if err != nil {
		return nil, err
	}
	return s, nil
}

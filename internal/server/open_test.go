package server_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"vigil/internal/config"
	"vigil/internal/server"
)

func TestAStoreThatNobodyProvesIsNamedInTheLogWithoutItsPassword(t *testing.T) {
	for query, want := range map[string]bool{"": true, "?sslmode=require": true, "?sslmode=verify-full": false} {
		var log bytes.Buffer
		cfg := &config.Config{Data: t.TempDir(), Store: "postgres://vigil:hunter2@db.invalid/vigil" + query}
		_, err := server.New(t.Context(), server.Options{Config: cfg, Now: time.Now, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err == nil || strings.Contains(err.Error()+log.String(), "hunter2") {
			t.Errorf("%q: %v\n%s", query, err, &log)
		}
		if got := strings.Contains(log.String(), "without a proof of which server answers"); got != want {
			t.Errorf("%q: the log says\n%s", query, &log)
		}
	}
}

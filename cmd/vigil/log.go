package main

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"vigil/internal/config"
)

// newLog writes JSON for machines, colours on a terminal, plain key=value otherwise.
func newLog(to io.Writer, l config.Log) *slog.Logger {
	options := &slog.HandlerOptions{Level: l.Level}
	switch {
	case l.Format == config.FormatJSON:
		return slog.New(slog.NewJSONHandler(to, options))
	case isTerminal(to):
		return slog.New(tint.NewTextHandler(to, &tint.Options{Level: l.Level, TimeFormat: time.TimeOnly}))
	}
	return slog.New(slog.NewTextHandler(to, options))
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

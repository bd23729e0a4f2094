package main

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"vigil/engine"
	"vigil/engine/diag"
	"vigil/internal/config"
	"vigil/internal/server"
)

// watchEvery is how often the folder of flows is looked at. Looking works on every file system, those of containers too.
const watchEvery = time.Second

// watchFlows lets changed flows serve as soon as their folder has been quiet for a moment. A folder with a mistake changes nothing: what is wrong
// goes to the log, and the flows of before go on.
func watchFlows(ctx context.Context, s *server.Server, cfg *config.Config, log *slog.Logger, refused *refusal) {
	if cfg.Flows == "" {
		return
	}
	serving := stampOf(cfg.Flows)
	last := serving
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(watchEvery):
		}
		now := stampOf(cfg.Flows)
		if quiet := now == last; quiet && now != serving && reload(ctx, s, cfg, log, refused) {
			serving = now
		}
		last = now
	}
}

// reload reports whether the folder as it is needs no second look: it serves, or has mistakes. Otherwise the store did not take it.
func reload(ctx context.Context, s *server.Server, cfg *config.Config, log *slog.Logger, refused *refusal) bool {
	var found []diag.Diagnostic
	changed, err := s.ReloadFlows(ctx, func(library *engine.Library, mistakes []diag.Diagnostic) []diag.Diagnostic {
		found = judgeFlows(cfg, library, mistakes)
		return found
	})
	refused.set(time.Now(), found)
	for _, d := range found {
		if d.Severity == diag.Error {
			at := fmt.Sprintf("%s:%d:%d", d.Subject.File, d.Subject.Start.Line, d.Subject.Start.Column)
			log.Error("flow refused", "at", at, "mistake", d.Summary, "hint", d.Hint)
		}
	}
	if diag.HasErrors(found) {
		log.Error("the flows of before go on", "folder", cfg.Flows)
		return true
	}
	if err != nil {
		log.Error("the flows of before go on", "folder", cfg.Flows, "error", err)
		return false
	}
	log.Info("flows reloaded", "changed", changed)
	return true
}

// stampOf changes when a file of the folder does that flows are read from. Symbolic links are what they lead to: the folder may be one, and so may
// files.
func stampOf(folder string) string {
	var b strings.Builder
	files := os.DirFS(folder)
	for _, pattern := range []string{"*.yaml", localesFolder + "/*.yaml"} {
		names, err := fs.Glob(files, pattern)
		if err != nil {
			fmt.Fprintln(&b, err)
		}
		for _, name := range names {
			info, err := fs.Stat(files, name)
			if err != nil {
				fmt.Fprintln(&b, err)
				continue
			}
			fmt.Fprintf(&b, "%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}

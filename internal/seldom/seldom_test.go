package seldom_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"vigil/internal/seldom"
)

func TestWhatStrangersCauseIsSaidOnceAWhileWithTheCountOfTheRest(t *testing.T) {
	var log strings.Builder
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	line := &seldom.Line{Log: slog.New(slog.NewTextHandler(&log, nil)), Now: func() time.Time { return now }, Every: time.Minute}
	for range 1000 {
		line.Warn("again", slog.String("host", "a"))
	}
	if got := strings.Count(log.String(), "\n"); got != 1 {
		t.Errorf("%d lines in one moment", got)
	}
	now = now.Add(time.Minute)
	line.Warn("again", slog.String("host", "b"))
	if got := log.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "host=b suppressed=999") {
		t.Errorf("a minute later:\n%s", got)
	}
}

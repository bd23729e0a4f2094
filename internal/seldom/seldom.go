package seldom

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Line is a warning of the log that strangers can cause. Make it with all fields; safe for concurrent use.
type Line struct {
	Log   *slog.Logger
	Now   func() time.Time
	Every time.Duration // at most one line in this time

	mu     sync.Mutex
	next   time.Time
	unsaid int
}

// Warn writes the line, or counts it. "suppressed" in a line tells how many went before it unsaid.
func (l *Line) Warn(message string, attributes ...slog.Attr) {
	l.mu.Lock()
	now := l.Now()
	if now.Before(l.next) {
		l.unsaid++
		l.mu.Unlock()
		return
	}
	unsaid := l.unsaid
	l.next, l.unsaid = now.Add(l.Every), 0
	l.mu.Unlock()
	if unsaid > 0 {
		attributes = append(attributes, slog.Int("suppressed", unsaid))
	}
	l.Log.LogAttrs(context.Background(), slog.LevelWarn, message, attributes...) //nolint:sloglint // callers give constants
}

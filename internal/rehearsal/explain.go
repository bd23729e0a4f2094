package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"vigil/engine/flowtest"
)

// explained says beside what went wrong what the browser shows, and what the server had to tell.
func (p *performance) explained(err error) error {
	var unable *flowtest.UnableError
	if err == nil || errors.As(err, &unable) {
		return err
	}
	text := "in the browser: " + err.Error()
	if p.tab != nil {
		if shown, err := p.tab.look(); err == nil {
			text += "; it shows " + shown.String()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.logged) > 0 {
		text += "; the server says: " + p.logged[len(p.logged)-1]
	}
	return errors.New(text)
}

// String tells what somebody sees.
func (s seen) String() string {
	if s.Path == backPath {
		return "the application"
	}
	if s.Title == "" && len(s.Fields)+len(s.Buttons) == 0 {
		return fmt.Sprintf("%s %q", s.Path, s.Text)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%q", s.Title)
	for _, part := range []struct{ name, text string }{
		{"message", s.Message}, {"notice", s.Notice}, {"text", s.Text}, {"fields", names(s.Fields)}, {"buttons", names(s.Buttons)},
	} {
		if part.text != "" {
			fmt.Fprintf(&b, ", %s %q", part.name, part.text)
		}
	}
	for _, f := range append(s.Fields[:len(s.Fields):len(s.Fields)], s.Buttons...) {
		if f.Wrong != "" {
			fmt.Fprintf(&b, ", beside %s %q", f.Name, f.Wrong)
		}
	}
	return b.String()
}

// said hears what the server logs and keeps what went wrong.
type said struct{ p *performance }

// Enabled implements slog.Handler.
func (s said) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

// Handle implements slog.Handler.
func (s said) Handle(_ context.Context, r slog.Record) error {
	cause := ""
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "cause" || a.Key == "err" || a.Key == "error" {
			cause = ": " + a.Value.String()
		}
		return true
	})
	if cause == "" && r.Level < slog.LevelError {
		return nil
	}
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.logged = append(s.p.logged, r.Message+cause)
	return nil
}

// WithAttrs implements slog.Handler.
func (s said) WithAttrs([]slog.Attr) slog.Handler { return s }

// WithGroup implements slog.Handler.
func (s said) WithGroup(string) slog.Handler { return s }

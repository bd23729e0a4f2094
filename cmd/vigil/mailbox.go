package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"

	"vigil/internal/mail"
	"vigil/internal/tenant"
)

// mailbox shows letters on the terminal instead of sending them: a fresh machine has no mail server.
type mailbox struct {
	mu  sync.Mutex
	out io.Writer
}

// Send implements mail.Sender.
func (m *mailbox) Send(_ context.Context, _ *tenant.Mail, letters []mail.Message) []error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range letters {
		fmt.Fprintf(m.out, "\n  ┌ e-mail to %s: %s\n", printable(l.To), printable(l.Subject))
		for line := range strings.Lines(l.Text) {
			fmt.Fprintf(m.out, "  │ %s\n", printable(strings.TrimRight(line, "\n")))
		}
		fmt.Fprint(m.out, "  └\n")
	}
	return make([]error, len(letters))
}

// printable leaves out what could steer a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
}

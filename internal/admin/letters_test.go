package admin_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"testing"

	"vigil/internal/admin"
	"vigil/internal/mail"
	"vigil/internal/tenant"
)

// closed is a post office that takes nothing.
type closed struct{}

func (closed) Send(_ context.Context, _ *tenant.Mail, letters []mail.Message) []error {
	problems := make([]error, len(letters))
	for i := range problems {
		problems[i] = errors.New("the mail server is down")
	}
	return problems
}

func TestLettersThatDidNotLeaveAreListedWithoutWhatTheySay(t *testing.T) {
	bothWays(t, func(t *testing.T, h house, o admin.Operations) {
		settings := &tenant.Mail{Server: "localhost:25", From: "no-reply@example.com"}
		tenants, err := tenant.New([]*tenant.Environment{{ID: "one", Mail: settings}, {ID: "two", Mail: settings}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		outbox, err := mail.New(mail.Options{
			KV: h.local.Live.KV, Tenants: tenants, Sender: closed{}, Now: h.local.Now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
			Secret: func(string, string) [32]byte { return [32]byte{1} },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer outbox.Close()
		if _, err := outbox.Send(t.Context(), mail.Letter{EnvironmentID: "one", To: "ada@example.com", Subject: "s", Text: "t"}); err != nil {
			t.Fatal(err)
		}
		outbox.Wait()
		list, err := o.Letters(t.Context(), admin.NoticeList{Environment: "one", Limit: 10})
		if err != nil || len(list) != 1 || list[0].Dead || list[0].Attempts != 1 || list[0].Problem != "the mail server is down" {
			t.Errorf("%+v %v", list, err)
		}
		if list, err := o.Letters(t.Context(), admin.NoticeList{Environment: "two", Limit: 10}); err != nil || len(list) != 0 {
			t.Errorf("of another environment: %+v %v", list, err)
		}
		if _, err := o.Letters(t.Context(), admin.NoticeList{Environment: "three", Limit: 1}); code(err) != admin.CodeEnvironment {
			t.Error(err)
		}
		if _, err := o.Letters(t.Context(), admin.NoticeList{Environment: "one"}); code(err) != admin.CodeInvalid {
			t.Error(err)
		}
	})
}

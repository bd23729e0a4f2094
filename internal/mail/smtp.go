package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"vigil/internal/tenant"
)

// SMTP hands letters to the mail server of their environment (RFC 6409).
type SMTP struct {
	// Roots judge its certificate. Nil: the system's.
	Roots *x509.CertPool
}

const dialTime = 10 * time.Second

// Send implements Sender: one connection for all, and a refused letter does not stop the next.
func (s SMTP) Send(ctx context.Context, settings *tenant.Mail, letters []Message) []error {
	problems := make([]error, len(letters))
	client, err := s.client(settings)
	if err != nil {
		return fill(problems, err)
	}
	connection, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fill(problems, err)
	}
	for i := range letters {
		message, err := compose(settings, letters[i])
		if err != nil {
			problems[i] = final{err}
			continue
		}
		problems[i] = judged(client.SendWithSMTPClient(connection, message))
	}
	_ = client.CloseWithSMTPClient(connection) // what was accepted is accepted
	return problems
}

func fill(problems []error, err error) []error {
	for i := range problems {
		problems[i] = err
	}
	return problems
}

// judged tells what another attempt could mend. RFC 5321 4.2.1: a reply of 5yz is permanent.
func judged(err error) error {
	var refused *gomail.SendError
	if errors.As(err, &refused) && refused.ErrorCode() >= 500 && !refused.IsTemp() {
		return final{err}
	}
	return err
}

func (s SMTP) client(settings *tenant.Mail) (*gomail.Client, error) {
	host, port, err := net.SplitHostPort(settings.Server)
	if err != nil {
		return nil, fmt.Errorf("mail server %q: %w", settings.Server, err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("mail server %q: %w", settings.Server, err)
	}
	options := []gomail.Option{
		gomail.WithPort(number), gomail.WithTimeout(dialTime),
		gomail.WithTLSConfig(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: s.Roots}),
	}
	switch settings.TLS {
	case tenant.TLSImplicit:
		options = append(options, gomail.WithSSL())
	case tenant.TLSNone:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if settings.Username != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(settings.Username), gomail.WithPassword(settings.Password))
	}
	return gomail.NewClient(host, options...)
}

// compose makes the message. Addresses are parsed and the subject is encoded: no text of a letter becomes a header.
func compose(settings *tenant.Mail, l Message) (*gomail.Msg, error) {
	from, err := netmail.ParseAddress(settings.From)
	if err != nil {
		return nil, fmt.Errorf("address of the sender: %w", err)
	}
	to, err := netmail.ParseAddress(l.To)
	if err != nil || to.Address != l.To || strings.ContainsAny(l.Subject, "\r\n") {
		return nil, errors.New("the letter is not addressed to one e-mail address, or its subject is not one line")
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(from)
	m.ToMailAddress(&netmail.Address{Address: to.Address})
	m.Subject(l.Subject)
	m.SetDateWithValue(l.Date.UTC()) // its zone would tell where the server stands
	_, domain, _ := strings.Cut(from.Address, "@")
	m.SetMessageIDWithValue(l.ID + "@" + domain)
	// RFC 3834 5: nobody's holiday note answers it.
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	return m, nil
}

package mail_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/internal/fixture"
	"vigil/internal/mail"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
	"vigil/internal/tenant"
)

// office is an outbox on a store and a clock of its own.
type office struct {
	*mail.Outbox

	t     *testing.T
	store kv.Store
	mu    sync.Mutex
	now   time.Time
}

func (o *office) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

// pass lets time pass, then whatever is due go out.
func (o *office) pass(d time.Duration) {
	o.t.Helper()
	o.mu.Lock()
	o.now = o.now.Add(d)
	o.mu.Unlock()
	if err := o.Round(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
	o.Wait()
}

func (o *office) list() []mail.Undelivered {
	o.t.Helper()
	var list []mail.Undelivered
	if err := o.store.View(o.t.Context(), func(r kv.Reader) (err error) {
		list, err = mail.List(r, "home", 100)
		return err
	}); err != nil {
		o.t.Fatal(err)
	}
	return list
}

func (o *office) send(l mail.Letter) bool {
	o.t.Helper()
	l.EnvironmentID = "home"
	taken, err := o.Send(o.t.Context(), l)
	if err != nil {
		o.t.Fatal(err)
	}
	o.Wait()
	return taken
}

func open(t *testing.T, settings *tenant.Mail, roots ...*x509.Certificate) *office {
	t.Helper()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), schema.All(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	tenants, err := tenant.New([]*tenant.Environment{{ID: "home", Mail: settings}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, store: db, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	sender := mail.SMTP{Roots: x509.NewCertPool()}
	for _, root := range roots {
		sender.Roots.AddCert(root)
	}
	o.Outbox, err = mail.New(mail.Options{
		KV: db, Tenants: tenants, Sender: sender, Now: o.clock, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
		Secret: func(_, purpose string) (s [32]byte) { copy(s[:], purpose); return s },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

func plainTo(server string) *tenant.Mail {
	return &tenant.Mail{Server: server, TLS: tenant.TLSNone, From: "Vigil <no-reply@example.com>"}
}

func TestALetterLeavesAsPlainTextWithItsSubjectEncoded(t *testing.T) {
	server := fixture.NewMailServer(t, nil)
	o := open(t, plainTo(server.Address))
	o.send(mail.Letter{To: "ada@example.com", Account: "ada", Subject: "Ihr Schlüssel", Text: "Your code is 123456\n.\nLast line"})
	letters := server.Letters()
	if len(letters) != 1 {
		t.Fatalf("%d letters arrived", len(letters))
	}
	got := letters[0]
	if got.From != "no-reply@example.com" || got.To != "ada@example.com" {
		t.Errorf("from %q to %q", got.From, got.To)
	}
	for _, wanted := range []string{
		"Subject: =?UTF-8?q?Ihr_Schl=C3=BCssel?=\n", "Content-Type: text/plain; charset=UTF-8\n", "Auto-Submitted: auto-generated\n",
		"From: \"Vigil\" <no-reply@example.com>\n", "Date: Sun, 22 Nov 2026 09:00:00 +0000\n", "Your code is 123456\n.\nLast line",
	} {
		if !strings.Contains(got.Data, wanted) {
			t.Errorf("there is no %q in\n%s", wanted, got.Data)
		}
	}
	if left := o.list(); len(left) > 0 {
		t.Errorf("it is still there: %+v", left)
	}
}

func TestNoTextOfALetterBecomesAHeaderOrAnotherRecipient(t *testing.T) {
	server := fixture.NewMailServer(t, nil)
	o := open(t, plainTo(server.Address))
	for i, l := range []mail.Letter{
		{To: "ada@example.com\r\nBcc: eve@example.com", Subject: "s", Text: "t"},
		{To: "ada@example.com, eve@example.com", Subject: "s", Text: "t"},
		{To: "Ada <ada@example.com>", Subject: "s", Text: "t"},
		{To: "ada@example.com", Subject: "s\r\nBcc: eve@example.com", Text: "t"},
	} {
		l.Account = fmt.Sprint(i)
		o.send(l)
	}
	if letters := server.Letters(); len(letters) > 0 {
		t.Errorf("arrived: %+v", letters)
	}
	dead := o.list()
	if len(dead) != 4 || slices.ContainsFunc(dead, func(u mail.Undelivered) bool { return !u.Dead }) {
		t.Errorf("operators see %+v", dead)
	}
}

func TestALetterToNobodyIsTakenAndGoesNowhere(t *testing.T) {
	server := fixture.NewMailServer(t, nil)
	o := open(t, plainTo(server.Address))
	if !o.send(mail.Letter{Account: "typed eve", Subject: "s", Text: "t"}) {
		t.Error("it was not taken")
	}
	if len(server.Letters()) > 0 || len(o.list()) > 0 {
		t.Errorf("arrived %+v, left %+v", server.Letters(), o.list())
	}
}

func TestALetterIsTriedAgainUntilTheServerIsBack(t *testing.T) {
	down := true
	server := fixture.NewMailServer(t, nil)
	server.Refuse = func(string) string {
		if down {
			return "451 4.3.0 try later"
		}
		return ""
	}
	o := open(t, plainTo(server.Address))
	o.send(mail.Letter{To: "ada@example.com", Account: "ada", Subject: "s", Text: "t"})
	if list := o.list(); len(list) != 1 || list[0].Dead || list[0].Attempts != 1 || !strings.Contains(list[0].Problem, "451") {
		t.Fatalf("after the first attempt: %+v", list)
	}
	o.pass(4 * time.Second)
	if list := o.list(); list[0].Attempts != 1 {
		t.Errorf("it was tried again too soon: %+v", list)
	}
	o.pass(2 * time.Second)
	if list := o.list(); list[0].Attempts != 2 {
		t.Errorf("it was not tried again after five seconds: %+v", list)
	}
	down = false
	o.pass(11 * time.Second)
	if len(server.Letters()) != 1 || len(o.list()) > 0 {
		t.Errorf("arrived %d, left %+v", len(server.Letters()), o.list())
	}
}

func TestALetterThatIsRefusedForGoodOrTooOldIsKeptWithoutItsTextForOperators(t *testing.T) {
	server := fixture.NewMailServer(t, nil)
	server.Refuse = func(to string) string {
		if to == "gone@example.com" {
			return "550 5.1.1 no such user"
		}
		return "451 4.3.0 try later"
	}
	o := open(t, plainTo(server.Address))
	o.send(mail.Letter{To: "gone@example.com", Account: "gone", Subject: "s", Text: "code 123456"})
	o.send(mail.Letter{To: "slow@example.com", Account: "slow", Subject: "s", Text: "t", GoodUntil: o.now.Add(8 * time.Second)})
	o.pass(6 * time.Second)
	dead := o.list()
	if len(dead) != 2 || !dead[0].Dead || !dead[1].Dead || !strings.Contains(dead[0].Problem+dead[1].Problem, "550") {
		t.Fatalf("operators see %+v", dead)
	}
	if err := o.store.View(t.Context(), func(r kv.Reader) error {
		entries, err := r.Scan(schema.MailDead, nil, nil, 10)
		for _, e := range entries {
			if strings.Contains(string(e.Value), `"letter"`) {
				t.Errorf("the text is kept: %s", e.Value)
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestWhatWaitsIsEncrypted(t *testing.T) {
	server := fixture.NewMailServer(t, nil)
	server.Refuse = func(string) string { return "451 later" }
	o := open(t, plainTo(server.Address))
	o.send(mail.Letter{To: "ada@example.com", Account: "ada", Subject: "subject", Text: "code 123456"})
	if err := o.store.View(t.Context(), func(r kv.Reader) error {
		entries, err := r.Scan(schema.Mail, nil, nil, 10)
		if len(entries) != 1 || strings.Contains(string(entries[0].Value), "123456") || strings.Contains(string(entries[0].Value), "ada@") {
			t.Errorf("stored is %v", entries)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestTheEleventhLetterOnOneAccountWithinAnHourIsNotSent(t *testing.T) {
	server := fixture.NewMailServer(t, nil)
	o := open(t, plainTo(server.Address))
	for i := range 11 {
		if taken := o.send(mail.Letter{To: "ada@example.com", Account: "ada", Subject: "s", Text: "t"}); taken != (i < 10) {
			t.Errorf("letter %d: taken %v", i+1, taken)
		}
	}
	o.send(mail.Letter{To: "bob@example.com", Account: "bob", Subject: "s", Text: "t"})
	if n := len(server.Letters()); n != 11 {
		t.Errorf("%d arrived, wanted ten of ada's and one of bob's", n)
	}
	o.pass(16 * time.Minute)
	if !o.send(mail.Letter{To: "ada@example.com", Account: "ada", Subject: "s", Text: "t"}) {
		t.Error("a quarter of an hour later ada still gets none")
	}
}

func TestAnEnvironmentWithoutAMailServerTakesNone(t *testing.T) {
	o := open(t, nil)
	if _, err := o.Send(t.Context(), mail.Letter{EnvironmentID: "home", To: "ada@example.com", Subject: "s", Text: "t"}); err == nil {
		t.Error("it was taken")
	}
}

func TestWithoutEncryptionNothingIsToldToAServerThatMustHaveIt(t *testing.T) {
	server := fixture.NewMailServer(t, nil)
	settings := plainTo(server.Address)
	settings.TLS, settings.Username, settings.Password = tenant.TLSStart, "vigil", "mail password"
	o := open(t, settings)
	o.send(mail.Letter{To: "ada@example.com", Account: "ada", Subject: "s", Text: "t"})
	if len(server.Letters()) > 0 {
		t.Error("the letter went in the clear")
	}
	if list := o.list(); len(list) != 1 || strings.Contains(list[0].Problem, "mail password") {
		t.Errorf("operators see %+v", list)
	}
}

// certified makes a certificate for 127.0.0.1 that nobody but the test trusts.
func certified(t *testing.T) (*tls.Certificate, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, parsed
}

func TestAServerThatKnowsSTARTTLSGetsLettersEncryptedAndFromOneWhoSignedOn(t *testing.T) {
	certificate, root := certified(t)
	server := fixture.NewMailServer(t, certificate)
	settings := &tenant.Mail{Server: server.Address, TLS: tenant.TLSStart, Username: "vigil", Password: "mail password", From: "no-reply@example.com"}
	strangers := open(t, settings)
	strangers.send(mail.Letter{To: "ada@example.com", Account: "ada", Subject: "s", Text: "t"})
	if len(server.Letters()) > 0 {
		t.Error("a letter went to a server whose certificate nobody trusts")
	}
	o := open(t, settings, root)
	o.send(mail.Letter{To: "ada@example.com", Account: "ada", Subject: "s", Text: "t"})
	if letters := server.Letters(); len(letters) != 1 || !letters[0].Encrypted || letters[0].User == "" {
		t.Errorf("arrived %+v, left %+v", letters, o.list())
	}
}

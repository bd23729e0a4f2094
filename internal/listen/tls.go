package listen

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vigil/internal/certificate"
	"vigil/internal/seldom"
)

// Options of a TLS. Log and Now are required.
type Options struct {
	// Pairs are files, in the order in which they are asked.
	Pairs []certificate.Pair
	// ACME gets certificates for Names that no pair covers. Nil: nobody does.
	ACME *ACME
	// Names are the host names to serve.
	Names []string
	// MinVersion of TLS. Zero: 1.2.
	MinVersion uint16
	// HSTS is for how long browsers are to use https alone. Zero: they are not told.
	HSTS time.Duration
	// AsksClients reports whether clients are asked for a certificate on a connection for a name that came to an address of ours. Nil: never.
	AsksClients func(name string, local net.Addr) bool
	// Watch is how often the files are looked at. Zero: every ten seconds.
	Watch time.Duration
	Log   *slog.Logger
	Now   func() time.Time
}

// TLS knows the certificates of a server. Make it with New; safe for concurrent use.
type TLS struct {
	options Options
	loaded  atomic.Pointer[[]*tls.Certificate]
	stamps  []stamp
	issued  *issued // nil without ACME
	unknown *seldom.Line

	mu     sync.Mutex
	warned map[string]time.Time // by name of a certificate that ends soon: when that was last said
}

// New reads all pairs of files. Errors: one of them is not good.
func New(o Options) (*TLS, error) {
	if o.MinVersion == 0 {
		o.MinVersion = tls.VersionTLS12
	}
	if o.Watch == 0 {
		o.Watch = 10 * time.Second
	}
	t := &TLS{options: o, warned: map[string]time.Time{}, unknown: &seldom.Line{Log: o.Log, Now: o.Now, Every: time.Minute}}
	t.stamps = stampsOf(o.Pairs)
	all, err := load(o.Pairs)
	if err != nil {
		return nil, err
	}
	t.loaded.Store(&all)
	if o.ACME != nil {
		t.issued = newIssued(o, t.uncovered())
	}
	return t, nil
}

func load(pairs []certificate.Pair) ([]*tls.Certificate, error) {
	var all []*tls.Certificate
	for _, p := range pairs {
		c, err := p.Load()
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// uncovered are the names that no pair of files is for.
func (t *TLS) uncovered() []string {
	var names []string
	for _, name := range t.options.Names {
		if t.fromFiles(name) == nil {
			names = append(names, name)
		}
	}
	return names
}

// Config is for listeners.
func (t *TLS) Config() *tls.Config {
	plain := &tls.Config{
		MinVersion: t.options.MinVersion, CipherSuites: suites(), GetCertificate: t.choose,
		NextProtos: []string{"h2", "http/1.1"},
	}
	if t.issued != nil {
		plain.NextProtos = append(plain.NextProtos, acmeProtocol)
	}
	if t.options.AsksClients == nil {
		return plain
	}
	asking := plain.Clone()
	asking.ClientAuth = tls.RequestClientCert // whose they are is judged by the application that is called, see RFC 8705
	config := plain.Clone()
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if t.options.AsksClients(hello.ServerName, hello.Conn.LocalAddr()) {
			return asking, nil
		}
		return plain, nil
	}
	return config
}

// suites are for TLS 1.2; 1.3 chooses by itself.
//
// RFC 9325 4.2: forward secrecy and authenticated encryption alone.
func suites() []uint16 {
	return []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
}

// errName ends a handshake for a name that there is no certificate for.
var errName = errors.New("no certificate for this name")

// choose finds the certificate for a handshake. Who names no host gets the first one, as health checks by address do.
func (t *TLS) choose(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := hello.ServerName
	if t.issued != nil && isChallenge(hello) {
		return t.issued.config.GetCertificate(hello)
	}
	all := *t.loaded.Load()
	if name == "" && len(all) > 0 {
		return all[0], nil
	}
	if c := t.suiting(hello, all); c != nil {
		return c, nil
	}
	if t.issued != nil && t.issued.manages(name) {
		c, err := t.issued.config.GetCertificate(hello)
		if err != nil {
			t.unknown.Warn("no certificate yet", slog.String("name", clip(name)), slog.String("authority", t.options.ACME.Directory), slog.String("error", t.issued.why(name)))
			return nil, errName
		}
		return c, nil
	}
	t.unknown.Warn("no certificate for this name", slog.String("name", clip(name)), slog.Any("certified", t.Certified()),
		slog.String("help", "add the name to hosts, and a certificate for it to tls.certificates, or let tls.acme get one"))
	return nil, errName
}

// suiting prefers a pair that the client can use, such as one of its kind of key. Nil: none is for the name.
func (t *TLS) suiting(hello *tls.ClientHelloInfo, all []*tls.Certificate) (found *tls.Certificate) {
	for _, c := range all {
		if !certificate.Covers(c, hello.ServerName) {
			continue
		}
		if hello.SupportsCertificate(c) == nil {
			return c
		}
		if found == nil {
			found = c
		}
	}
	return found
}

func (t *TLS) fromFiles(name string) *tls.Certificate {
	for _, c := range *t.loaded.Load() {
		if certificate.Covers(c, name) {
			return c
		}
	}
	return nil
}

// lost are the names that have a certificate that is good today, and would have none of others.
func (t *TLS) lost(others []*tls.Certificate) []string {
	now := t.options.Now()
	good := func(all []*tls.Certificate, name string) bool {
		return slices.ContainsFunc(all, func(c *tls.Certificate) bool { return certificate.Covers(c, name) && now.Before(c.Leaf.NotAfter) })
	}
	return slices.DeleteFunc(slices.Clone(t.options.Names), func(name string) bool { return good(others, name) || !good(*t.loaded.Load(), name) })
}

// Certified are the names that there are, or are to be, certificates for.
func (t *TLS) Certified() []string {
	var names []string
	for _, c := range *t.loaded.Load() {
		names = append(names, certificate.Names(c)...)
	}
	if t.issued != nil {
		names = append(names, t.issued.names...)
	}
	return names
}

// Ends tells until when each of Names is certified. Zero: there is no certificate for it.
func (t *TLS) Ends() map[string]time.Time {
	ends := map[string]time.Time{}
	for _, name := range t.options.Names {
		ends[name] = time.Time{}
		if c := t.fromFiles(name); c != nil {
			ends[name] = c.Leaf.NotAfter
		} else if t.issued != nil {
			ends[name] = t.issued.end(name)
		}
	}
	return ends
}

const maxLogged = 200 // bytes of what a stranger wrote

func clip(text string) string { return text[:min(len(text), maxLogged)] }

// Run looks after the certificates until ctx is done: changed files are read, and an authority is asked in time.
func (t *TLS) Run(ctx context.Context) {
	if t.issued != nil {
		t.issued.start(ctx)
		defer t.issued.stop()
	}
	t.warnOfEnds()
	tick := time.NewTicker(t.options.Watch)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			t.Reload()
			t.warnOfEnds()
		}
	}
}

// Reload reads the files if one has changed: all of them or, when one is not good or a host would lose its certificate, none, so that the old ones go on.
func (t *TLS) Reload() {
	stamps := stampsOf(t.options.Pairs)
	if same(stamps, t.stamps) {
		return
	}
	t.stamps = stamps
	all, err := load(t.options.Pairs)
	if lost := t.lost(all); err == nil && len(lost) > 0 {
		err = fmt.Errorf("none of them is for %s, or it has ended", strings.Join(lost, ", "))
	}
	if err != nil {
		t.options.Log.Error("changed certificates are not used: the ones before go on", "error", err)
		return
	}
	t.loaded.Store(&all)
	t.options.Log.Info("certificates read anew", "names", t.Certified())
}

// warnOfEnds says once a day that a certificate ends soon or has ended.
func (t *TLS) warnOfEnds() {
	now := t.options.Now()
	for _, c := range *t.loaded.Load() {
		t.warnOfEnd(c.Leaf, now)
	}
	if t.issued != nil {
		for _, leaf := range t.issued.leaves() {
			t.warnOfEnd(leaf, now)
		}
	}
}

func (t *TLS) warnOfEnd(leaf *x509.Certificate, now time.Time) {
	left := leaf.NotAfter.Sub(now)
	if left > min(certificate.Soon, leaf.NotAfter.Sub(leaf.NotBefore)/4) {
		return
	}
	key := fmt.Sprint(leaf.DNSNames)
	t.mu.Lock()
	said, before := t.warned[key]
	again := !before || now.Sub(said) >= 24*time.Hour
	if again {
		t.warned[key] = now
	}
	t.mu.Unlock()
	if again {
		t.options.Log.Warn("a certificate ends soon", "names", leaf.DNSNames, "ends", leaf.NotAfter.UTC(), "left", left.Round(time.Minute).String())
	}
}

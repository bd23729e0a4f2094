package config

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
	"vigil/internal/certificate"
	"vigil/internal/site"
)

// TLS says how the server speaks https itself, without a proxy.
type TLS struct {
	// Certificates are files, each with its key.
	Certificates []certificate.Pair
	// ACME asks an authority for certificates of hosts that no file covers. Nil: nobody is asked.
	ACME *ACME
	// Redirect are the addresses that lead plain HTTP to https, as host:port. Empty: none.
	Redirect []string
	// HSTS is for how long browsers are to use https alone. Zero: they are not told.
	HSTS time.Duration
	// MinVersion of TLS: MinTLS12, MinTLS13.
	MinVersion string
}

// Values of TLS.MinVersion.
const (
	MinTLS12 = "1.2"
	MinTLS13 = "1.3"
)

// ACME is an authority that gives certificates (RFC 8555).
type ACME struct {
	Email     string
	Directory string
	Accepted  bool
	Roots     *x509.CertPool // who vouches for the directory. Nil: the system's
}

func tlsServerFields() []field[TLS] {
	return []field[TLS]{
		at("certificates", list("a list of certificates", mapping("a certificate and its key", pairFields(), checkPair)), func(t *TLS) *[]certificate.Pair { return &t.Certificates },
			"files with certificates; which one is shown goes by the name that the client asks for. Changed files are read within ten seconds"),
		at("acme", pointer(mapping("a mapping", acmeFields(), checkACME)), func(t *TLS) **ACME { return &t.ACME },
			"asks an authority, such as Let's Encrypt, for certificates of the `hosts` that no file covers, and renews them in time; they are kept below `data`").orElse("nobody is asked"),
		at("redirect", oneOrMore("an address or a list of addresses", listenAddress()), func(t *TLS) *[]string { return &t.Redirect },
			"where plain HTTP leads to https, as host:port; nothing is served there. `[]`: nowhere").orElse("`:80` where `listen` has a port 443"),
		at("hsts", duration(0), func(t *TLS) *time.Duration { return &t.HSTS },
			"for how long browsers that came once use https alone (Strict-Transport-Security); 0 does not tell them").or("365d"),
		at("minVersion", oneOf(MinTLS12, MinTLS13), func(t *TLS) *string { return &t.MinVersion }, "the oldest version of TLS").or(`"1.2"`),
	}
}

func pairFields() []field[certificate.Pair] {
	return []field[certificate.Pair]{
		at("certificate", readable(), func(p *certificate.Pair) *string { return &p.Certificate },
			"a PEM file with the certificate and what stands between it and its authority (certbot: fullchain.pem); a relative path begins at this file's folder").must(),
		at("key", readable(), func(p *certificate.Pair) *string { return &p.Key }, "the PEM file of its key (certbot: privkey.pem)").must(),
	}
}

func acmeFields() []field[ACME] {
	return []field[ACME]{
		at("email", that(text("an email address"), emailAddress, "write it as ada@example.com"), func(a *ACME) *string { return &a.Email },
			"where the authority writes to when something is wrong").must(),
		at("acceptTerms", flag(), func(a *ACME) *bool { return &a.Accepted }, "true: you accept the authority's terms").must(),
		at("directory", directory(), func(a *ACME) *string { return &a.Directory }, "the address of the authority's directory").orElse("Let's Encrypt"),
		at("authorities", pool(), func(a *ACME) **x509.CertPool { return &a.Roots },
			"a PEM file of the authorities that vouch for a directory of your own; a relative path begins at this file's folder").orElse("those of the system"),
	}
}

// checkACME wants the terms accepted: an authority asks for nothing else.
//
// RFC 8555 7.3: termsOfServiceAgreed.
func checkACME(r *reader, n *yaml.Node, path string, a *ACME) {
	if r.given(path+".acceptTerms") && !a.Accepted {
		r.fault(r.places[path+".acceptTerms"], ruleValue, "no authority gives certificates to those who do not accept its terms").Hint = "read them, and write true"
	}
}

// readable reads the path of a file that can be read; a relative one begins at the configuration's folder.
func readable() kind[string] {
	plain := text("a file")
	return kind[string]{name: plain.name, read: func(r *reader, n *yaml.Node, path string) (string, bool) {
		v, ok := plain.read(r, n, path)
		if !ok {
			return "", false
		}
		if !filepath.IsAbs(v) {
			v = filepath.Join(r.folder, v)
		}
		if _, err := os.ReadFile(v); err != nil {
			r.fault(n, ruleFile, "the file %s cannot be read: %s", shown(v), reasonOf(err))
			return "", false
		}
		return v, true
	}}
}

// pool reads a file of certificates to trust.
func pool() kind[*x509.CertPool] {
	file := readable()
	return kind[*x509.CertPool]{name: file.name, read: func(r *reader, n *yaml.Node, path string) (*x509.CertPool, bool) {
		v, ok := file.read(r, n, path)
		if !ok {
			return nil, false
		}
		source, err := os.ReadFile(v)
		certificates := x509.NewCertPool()
		if err != nil || !certificates.AppendCertsFromPEM(source) {
			r.fault(n, ruleValue, "%s holds no certificate", shown(v))
			return nil, false
		}
		return certificates, true
	}}
}

// directory reads the address of an ACME directory.
func directory() kind[string] {
	return checked(text("an address"), func(r *reader, n *yaml.Node, v string) *diag.Diagnostic {
		if u, err := url.Parse(v); err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil {
			return nil
		}
		d := r.fault(n, ruleAddress, "%s is not the address of a directory", shown(v))
		d.Hint = "it looks like https://acme-v02.api.letsencrypt.org/directory"
		return d
	})
}

// checkPair wants a key that belongs to the certificate.
func checkPair(r *reader, n *yaml.Node, path string, p *certificate.Pair) {
	if !r.given(path+".certificate") || !r.given(path+".key") {
		return
	}
	if _, err := p.Load(); err != nil {
		r.fault(r.places[path+".certificate"], ruleValue, "this certificate cannot be used: %v", err)
	}
}

// checkTLS sets what follows from tls, and looks at what contradicts it.
func (r *reader) checkTLS(n *yaml.Node, c *Config) {
	if c.TLS == nil || !r.sound("tls") {
		return
	}
	if !r.given("listen") && r.sound("listen") {
		c.Listen = []string{":443"}
	}
	if len(c.TLS.Certificates) == 0 && c.TLS.ACME == nil && r.sound("tls.certificates", "tls.acme") {
		r.fault(r.at("tls", n), ruleMissingKey, "tls has no certificates").Hint = "give certificates, or acme to let an authority issue them"
	}
	secure := func(address string) bool {
		_, port, err := net.SplitHostPort(address)
		return err == nil && port == "443"
	}
	if !r.given("tls.redirect") && r.sound("tls.redirect") && slices.ContainsFunc(c.Listen, secure) {
		c.TLS.Redirect = []string{":80"}
	}
	for _, address := range c.TLS.Redirect {
		if (slices.Contains(c.Listen, address) || slices.Contains(c.Metrics, address)) && !strings.HasSuffix(address, ":0") {
			r.fault(r.at("tls.redirect", n), ruleContradiction, "%s is one of listen or metrics", shown(address)).Hint = "plain HTTP needs a port of its own, usually :80"
		}
	}
}

// CertifiedNames are the host names of all https hosts: what certificates must be for.
func (c *Config) CertifiedNames() []string {
	var names []string
	for _, h := range c.encryptedHosts() {
		if name := hostName(h.origin); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// placed is a host and where the file has it.
type placed struct{ origin, path string }

// encryptedHosts are all hosts with https.
func (c *Config) encryptedHosts() []placed {
	var all []placed
	add := func(origin, path string) {
		if strings.HasPrefix(origin, "https://") {
			all = append(all, placed{origin, path})
		}
	}
	for i, host := range c.SharedHosts {
		add(host, item("sharedHosts", i))
	}
	for i, e := range c.Environments {
		for j, host := range e.Hosts {
			add(host, item(item("environments", i)+".hosts", j))
		}
		add(e.CertificateHost, item("environments", i)+".certificateHost")
	}
	return all
}

func hostName(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// CheckCertificates warns of hosts that nobody certifies, and of certificates that end.
func (c *Config) CheckCertificates(now time.Time) []diag.Diagnostic {
	if c.TLS == nil {
		return nil
	}
	var found []diag.Diagnostic
	warn := func(path, hint, format string, args ...any) {
		found = append(found, diag.Diagnostic{Severity: diag.Warning, Rule: ruleCertificate, Subject: c.At(path), Summary: fmt.Sprintf(format, args...), Hint: hint})
	}
	var all []*tls.Certificate
	for i, p := range c.TLS.Certificates {
		one, err := p.Load()
		if err != nil { // it was good when it was checked
			continue
		}
		all = append(all, one)
		path := item("tls.certificates", i)
		switch left := one.Leaf.NotAfter.Sub(now); {
		case left <= 0:
			warn(path+".certificate", "browsers refuse it: put a new one in its place", "the certificate for %s ended on %s", listed(certificate.Names(one)), one.Leaf.NotAfter.UTC().Format(time.DateOnly))
		case left < certificate.Soon:
			warn(path+".certificate", "put a new one in its place: it is read without a restart", "the certificate for %s ends on %s", listed(certificate.Names(one)), one.Leaf.NotAfter.UTC().Format(time.DateOnly))
		}
		if certificate.Alone(one) {
			warn(path+".certificate", "name the file that holds the whole chain, such as certbot's fullchain.pem", "the file holds the certificate alone: clients may not find the way to its authority")
		}
	}
	for _, h := range c.encryptedHosts() {
		name := hostName(h.origin)
		if slices.ContainsFunc(all, func(one *tls.Certificate) bool { return certificate.Covers(one, name) }) {
			continue
		}
		switch {
		case c.TLS.ACME == nil:
			warn(h.path, "add a certificate for it to tls.certificates, or give tls.acme", "no certificate is for %s", name)
		case c.TLS.ACME.Directory == "" && !site.IsName(name):
			warn(h.path, "add a certificate for it to tls.certificates", "no public authority certifies %s", name)
		}
	}
	return found
}

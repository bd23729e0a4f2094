package listen

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/certmagic"
	"github.com/mholt/acmez/v3/acme"
	"go.uber.org/zap"
)

// LetsEncrypt is the directory that is asked unless another is named.
const LetsEncrypt = certmagic.LetsEncryptProductionCA

// acmeProtocol is what an authority says at our port when it wants proof (RFC 8737 6.2).
const acmeProtocol = "acme-tls/1"

// ACME says who is asked for certificates, and how.
type ACME struct {
	Directory string         // of the authority. Empty: LetsEncrypt
	Email     string         // where the authority writes to. Never empty: certmagic would look for one
	Roots     *x509.CertPool // who vouches for the directory. Nil: the system's
	Folder    string         // where certificates, keys and the account are kept
	// Host and ports at which this server listens for proofs. An authority itself comes to 443 and 80. HTTPPort zero: not by HTTP.
	Host              string
	TLSPort, HTTPPort int
}

// issued are certificates that an authority gives.
type issued struct {
	names  []string
	cache  *certmagic.Cache
	config *certmagic.Config
	issuer *certmagic.ACMEIssuer
	log    *slog.Logger

	mu     sync.Mutex
	failed map[string]string // by name, why the last attempt was in vain
}

func newIssued(o Options, names []string) *issued {
	i := &issued{names: names, log: o.Log, failed: map[string]string{}}
	quiet := zap.NewNop() // events tell what there is to tell
	i.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return i.config, nil }, Logger: quiet,
	})
	i.config = certmagic.New(i.cache, certmagic.Config{
		Storage: &certmagic.FileStorage{Path: o.ACME.Folder}, OnEvent: i.heard, Logger: quiet,
		OCSP: certmagic.OCSPConfig{DisableStapling: true},
	})
	i.issuer = certmagic.NewACMEIssuer(i.config, certmagic.ACMEIssuer{
		CA: cmp.Or(o.ACME.Directory, LetsEncrypt), Email: o.ACME.Email, Agreed: true, TrustedRoots: o.ACME.Roots,
		ListenHost: o.ACME.Host, AltTLSALPNPort: o.ACME.TLSPort, AltHTTPPort: o.ACME.HTTPPort, DisableHTTPChallenge: o.ACME.HTTPPort == 0,
		Logger: quiet,
	})
	i.config.Issuers = []certmagic.Issuer{i.issuer}
	return i
}

// start gets what is missing and renews what ends, until the context is done.
func (i *issued) start(ctx context.Context) {
	if err := i.config.ManageAsync(ctx, i.names); err != nil {
		i.log.Error("certificates cannot be asked for", "error", err)
	}
}

func (i *issued) stop() { i.cache.Stop() }

func (i *issued) manages(name string) bool { return slices.Contains(i.names, strings.ToLower(name)) }

// prove answers the authority's question at a path of plain HTTP (RFC 8555 8.3), and leaves the rest to next.
func (i *issued) prove(next http.Handler) http.Handler { return i.issuer.HTTPChallengeHandler(next) }

// isChallenge recognises the authority's question in a handshake (RFC 8737 3).
func isChallenge(hello *tls.ClientHelloInfo) bool {
	return len(hello.SupportedProtos) == 1 && hello.SupportedProtos[0] == acmeProtocol
}

// leaves are the certificates that are there now.
func (i *issued) leaves() []*x509.Certificate {
	var all []*x509.Certificate
	for _, name := range i.names {
		for _, c := range i.cache.AllMatchingCertificates(name) {
			all = append(all, c.Leaf)
		}
	}
	return all
}

// end is until when a name is certified. Zero: it is not yet.
func (i *issued) end(name string) (latest time.Time) {
	for _, c := range i.cache.AllMatchingCertificates(name) {
		if c.Leaf.NotAfter.After(latest) {
			latest = c.Leaf.NotAfter
		}
	}
	return latest
}

// why says why there is no certificate for a name.
func (i *issued) why(name string) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return cmp.Or(i.failed[strings.ToLower(name)], "the authority has not answered yet")
}

// heard writes what happens with certificates into the log.
func (i *issued) heard(_ context.Context, event string, data map[string]any) error {
	name, _ := data["identifier"].(string)
	switch event {
	case "cert_obtained":
		i.mu.Lock()
		delete(i.failed, name)
		i.mu.Unlock()
		i.log.Info("certificate obtained", "name", name, "renewal", data["renewal"])
	case "cert_failed":
		err, _ := data["error"].(error)
		if err == nil {
			return nil
		}
		i.mu.Lock()
		i.failed[name] = err.Error()
		i.mu.Unlock()
		i.log.Error("certificate not obtained: it is tried again", "name", name, "renewal", data["renewal"], "error", err, "help", help(err))
	}
	return nil
}

// help says what to do about an authority's refusal.
//
// RFC 8555 6.7: the types of its problems.
func help(err error) string {
	var problem acme.Problem
	var unreached *url.Error
	switch {
	case errors.As(err, &problem):
	case errors.As(err, &unreached):
		return "is the authority's directory reachable from here, and its certificate one that this machine trusts?"
	case strings.Contains(err.Error(), "ACME account"):
		return "the account that is kept cannot be used: remove users from acme/acme/ in the data folder, and another one is made"
	default:
		return "the error's words say why"
	}
	kind := problem.Type
	for _, part := range problem.Subproblems {
		kind = cmp.Or(part.Type, kind)
	}
	switch kind[strings.LastIndexByte(kind, ':')+1:] {
	case "dns":
		return "the name has no address, or not this one: look at its A, AAAA and CNAME records"
	case "connection", "tls":
		return "the authority did not reach this server: ports 443 or 80 of the name must lead to listen or to tls.redirect, by IPv6 too if the name has an AAAA record"
	case "unauthorized", "incorrectResponse":
		return "the authority met nobody or somebody else at the name: its ports 443 or 80 must lead to this server, and no proxy may end TLS before it"
	case "caa":
		return "a CAA record of the domain allows other authorities alone"
	case "rateLimited":
		return "too many were asked for: the authority says from when on it answers again"
	case "rejectedIdentifier":
		return "the authority does not certify this name"
	}
	return "the authority's words say why"
}

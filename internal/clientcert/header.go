package clientcert

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Header is where trusted proxies pass the certificate of a client on.
type Header struct {
	// Name of the header. A chain comes in the same name with -Chain (RFC 9440 2.3).
	Name string
	// Proxies are the peers that are believed.
	Proxies []netip.Prefix
}

// Limits of what a proxy passes on.
const (
	maxHeader = 32 << 10 // bytes of one value
	maxChain  = 8        // certificates
)

// ErrCertificate: what the proxy passed on is no certificate.
var ErrCertificate = errors.New("not a certificate")

// Shown is what a client showed.
type Shown struct {
	Certificate *x509.Certificate
	Chain       []*x509.Certificate // between the certificate and an authority, as far as the proxy told
}

type contextKey struct{}

// passed are the headers of a request, not read yet: most requests need no certificate.
type passed struct{ certificate, chain []string }

// Wrap notes the certificate of each request that a trusted proxy passed on, and lets nobody behind it see the headers.
//
// RFC 9440 3: whoever reads the header makes sure that only the proxy can write it.
func (h Header) Wrap(next http.Handler) http.Handler {
	chain := h.Name + "-Chain"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := passed{r.Header.Values(h.Name), r.Header.Values(chain)}
		if len(p.certificate) == 0 && len(p.chain) == 0 {
			next.ServeHTTP(w, r)
			return
		}
		if len(p.certificate) > 0 && h.believes(r.RemoteAddr) {
			r = r.WithContext(context.WithValue(r.Context(), contextKey{}, p))
		}
		r.Header.Del(h.Name)
		r.Header.Del(chain)
		next.ServeHTTP(w, r)
	})
}

func (h Header) believes(peer string) bool {
	from, err := netip.ParseAddrPort(peer)
	if err != nil {
		return false
	}
	address := from.Addr().Unmap().WithZone("")
	return slices.ContainsFunc(h.Proxies, func(p netip.Prefix) bool { return p.Contains(address) })
}

// Direct notes the certificate of each request whose client showed it to this process itself. What a trusted proxy passed on goes before: such
// a client is the proxy.
func Direct(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, proxied := r.Context().Value(contextKey{}).(passed); !proxied && r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
			chain := r.TLS.PeerCertificates
			r = r.WithContext(context.WithValue(r.Context(), contextKey{}, &Shown{Certificate: chain[0], Chain: chain[1:min(len(chain), maxChain+1)]}))
		}
		next.ServeHTTP(w, r)
	})
}

// Of gives what the client of a request showed. Nil: nothing. ErrCertificate.
func Of(ctx context.Context) (*Shown, error) {
	if direct, ok := ctx.Value(contextKey{}).(*Shown); ok {
		return direct, nil
	}
	p, ok := ctx.Value(contextKey{}).(passed)
	if !ok {
		return nil, nil
	}
	if len(p.certificate) > 1 {
		return nil, ErrCertificate // somebody before the proxy wrote one too
	}
	value := strings.TrimSpace(p.certificate[0])
	if value == "" || value == "(null)" { // Apache writes that where a client showed nothing
		return nil, nil
	}
	certificate, err := parse(value)
	if err != nil {
		return nil, err
	}
	s := &Shown{Certificate: certificate}
	for _, item := range strings.Split(strings.Join(p.chain, ","), ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		if len(s.Chain) == maxChain {
			return nil, ErrCertificate
		}
		link, err := parse(item)
		if err != nil {
			return nil, err
		}
		s.Chain = append(s.Chain, link)
	}
	return s, nil
}

// parse reads a certificate in one of the forms that proxies write: a byte sequence (RFC 9440 2.1: between colons), or PEM, escaped as in
// addresses (nginx) or with spaces for line ends (Apache).
func parse(value string) (*x509.Certificate, error) {
	if len(value) > maxHeader {
		return nil, ErrCertificate
	}
	inner, bytes := strings.CutPrefix(value, ":")
	if !bytes {
		return parsePEM(value)
	}
	inner, closed := strings.CutSuffix(inner, ":")
	der, err := base64.StdEncoding.Strict().DecodeString(inner)
	if err != nil || !closed {
		return nil, ErrCertificate
	}
	return parseDER(der)
}

const (
	pemBegin = "-----BEGIN CERTIFICATE-----"
	pemEnd   = "-----END CERTIFICATE-----"
)

func parsePEM(value string) (*x509.Certificate, error) {
	if strings.Contains(value, "%") {
		plain, err := url.PathUnescape(value)
		if err != nil {
			return nil, ErrCertificate
		}
		value = plain
	}
	body, begins := strings.CutPrefix(strings.TrimSpace(value), pemBegin)
	body, ends := strings.CutSuffix(body, pemEnd)
	if !begins || !ends {
		return nil, ErrCertificate
	}
	block, rest := pem.Decode([]byte(pemBegin + "\n" + strings.Join(strings.Fields(body), "\n") + "\n" + pemEnd + "\n"))
	if block == nil || len(rest) > 0 {
		return nil, ErrCertificate
	}
	return parseDER(block.Bytes)
}

func parseDER(der []byte) (*x509.Certificate, error) {
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, errors.Join(ErrCertificate, err)
	}
	return certificate, nil
}

// Thumbprint names a certificate in tokens.
//
// RFC 8705 3.1: x5t#S256, the base64url form of the SHA-256 of its DER encoding.
func Thumbprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// ThumbprintOf names the certificate that the client of a request showed. Empty: it showed none. ErrCertificate.
func ThumbprintOf(ctx context.Context) (string, error) {
	shown, err := Of(ctx)
	if err != nil || shown == nil {
		return "", err
	}
	return Thumbprint(shown.Certificate), nil
}

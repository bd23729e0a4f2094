package certificate

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// Pair are two PEM files: a certificate with what stands between it and its authority, and its key.
type Pair struct{ Certificate, Key string }

// Soon is how long before its end a certificate should have been replaced: authorities and their tools renew a month ahead.
const Soon = 14 * 24 * time.Hour

// Load reads both files. Leaf is set. An error says what is wrong without anything of the key.
func (p Pair) Load() (*tls.Certificate, error) {
	chain, err := os.ReadFile(p.Certificate)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	key, err := os.ReadFile(p.Key)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	c, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w", p.Certificate, p.Key, unprefixed(err))
	}
	return &c, nil
}

// unprefixed drops the name of the library from its words.
func unprefixed(err error) error {
	return errors.New(strings.TrimPrefix(err.Error(), "tls: "))
}

// Covers reports whether a certificate is for a host name.
func Covers(c *tls.Certificate, host string) bool { return c.Leaf.VerifyHostname(host) == nil }

// Alone reports whether nothing stands in the file beside a certificate that somebody else issued: most clients do not find the way to its
// authority then.
func Alone(c *tls.Certificate) bool {
	return len(c.Certificate) == 1 && !bytes.Equal(c.Leaf.RawIssuer, c.Leaf.RawSubject) && len(c.Leaf.IssuingCertificateURL) > 0
}

// Names are the host names that a certificate is for, as it writes them.
func Names(c *tls.Certificate) []string {
	names := append([]string{}, c.Leaf.DNSNames...)
	for _, address := range c.Leaf.IPAddresses {
		names = append(names, address.String())
	}
	return names
}

package keys

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"time"
)

// The algorithms that are signed with and accepted, and those of the keys that others encrypt to; there are no others.
const (
	ES256 = "ES256" // RFC 7518 3.4
	RS256 = "RS256" // RFC 7518 3.3
	PS256 = "PS256" // RFC 7518 3.5
	EdDSA = "EdDSA" // RFC 8037 3.1, with Ed25519

	RSAOAEP256 = "RSA-OAEP-256" // RFC 7518 4.3
	ECDHES     = "ECDH-ES"      // RFC 7518 4.6, with P-256; the key serves its variants with key wrapping too
)

// Algorithms lists those that sign, the preferred one first.
func Algorithms() []string { return []string{ES256, RS256, PS256, EdDSA} }

// standard are the algorithms that every environment has a key for, whoever asks.
func standard() []string { return []string{ES256, RS256, EdDSA} }

// opening are the algorithms of the keys that others encrypt to.
func opening() []string { return []string{RSAOAEP256, ECDHES} }

// rsaBits is the size of RSA keys. RFC 7518 3.3, 3.5: at least 2048.
const rsaBits = 2048

// State is where a signing key stands in its life.
type State string

// The states of a key.
const (
	Next    State = "next"    // published so that everybody knows it before it signs
	Active  State = "active"  // signs, or is what others encrypt to
	Retired State = "retired" // signs no more; known while something it signed, or that was encrypted to it, may live
)

// key is a key ready for use. Exactly one of ec, rsa and ed is set.
type key struct {
	kid     string
	alg     string
	state   State
	created time.Time
	from    time.Time // of a next key: when it will sign. Zero: on command
	until   time.Time // of a retired key: when it is forgotten

	ec      *ecdsa.PrivateKey
	rsa     *rsa.PrivateKey
	ed      ed25519.PrivateKey
	headers map[string]string // typ -> encoded header with its dot
}

// opens: others encrypt to this key; it signs nothing.
func (k *key) opens() bool { return k.alg == RSAOAEP256 || k.alg == ECDHES }

// newRSA makes a key pair of the size that we use.
func newRSA() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, rsaBits) }

// generate makes a key for an algorithm. An RSA key comes from newRSA, or from what stands in for it.
func generate(alg string, pair func() (*rsa.PrivateKey, error)) (*key, error) {
	k := &key{alg: alg}
	var err error
	switch alg {
	case ES256, ECDHES:
		k.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case RS256, PS256, RSAOAEP256:
		k.rsa, err = pair()
	case EdDSA:
		_, k.ed, err = ed25519.GenerateKey(rand.Reader)
	default:
		err = fmt.Errorf("unknown algorithm %q", alg)
	}
	if err != nil {
		return nil, fmt.Errorf("generate %s key: %w", alg, err)
	}
	return k, k.finish()
}

// encode gives the private key as PKCS #8.
func (k *key) encode() ([]byte, error) {
	switch {
	case k.ec != nil:
		return x509.MarshalPKCS8PrivateKey(k.ec)
	case k.ed != nil:
		return x509.MarshalPKCS8PrivateKey(k.ed)
	}
	return x509.MarshalPKCS8PrivateKey(k.rsa)
}

// decode reads a private key from PKCS #8 and refuses one that does not fit the algorithm.
func (k *key) decode(der []byte) error {
	private, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return fmt.Errorf("read private key: %w", err)
	}
	switch p := private.(type) {
	case *ecdsa.PrivateKey:
		k.ec = p
	case *rsa.PrivateKey:
		k.rsa = p
	case ed25519.PrivateKey:
		k.ed = p
	}
	if !k.fits() {
		return fmt.Errorf("private key does not fit %s", k.alg)
	}
	return k.finish()
}

// fits reports whether the private key is one for the algorithm.
func (k *key) fits() bool {
	switch k.alg {
	case ES256, ECDHES:
		return k.ec != nil && k.ec.Curve == elliptic.P256()
	case RS256, PS256, RSAOAEP256:
		return k.rsa != nil && k.rsa.N.BitLen() >= rsaBits
	case EdDSA:
		return len(k.ed) == ed25519.PrivateKeySize
	}
	return false
}

// finish computes the key id and encodes the headers of the usual kinds of token once.
func (k *key) finish() error {
	jwk, err := k.public()
	if err != nil {
		return err
	}
	k.kid = jwk.thumbprint()
	k.headers = map[string]string{}
	for _, typ := range []string{TypeIDToken, TypeAccessToken, TypeLogoutToken} {
		k.headers[typ] = k.header(typ)
	}
	return nil
}

// header encodes a JOSE header. The key id is base64url and the type a constant of the caller, so nothing needs escaping.
func (k *key) header(typ string) string {
	if h, ok := k.headers[typ]; ok {
		return h
	}
	header := `{"alg":"` + k.alg + `","typ":"` + typ + `","kid":"` + k.kid + `"}`
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "."
}

// jwk is a public key as it is published. No field can hold a private member.
type jwk struct {
	Kty string `json:"kty"`
	Use string `json:"use"`
	Alg string `json:"alg,omitempty"` // empty: several are for this key
	Kid string `json:"kid"`
	Crv string `json:"crv,omitempty"`
	X   string `json:"x,omitempty"`
	Y   string `json:"y,omitempty"`
	N   string `json:"n,omitempty"`
	E   string `json:"e,omitempty"`
}

func (k *key) public() (jwk, error) {
	encode := base64.RawURLEncoding.EncodeToString
	j := jwk{Use: "sig", Alg: k.alg, Kid: k.kid}
	if k.opens() {
		// RFC 7517 4.2.
		j.Use = "enc"
	}
	if k.alg == ECDHES {
		j.Alg = ""
	}
	if k.rsa != nil {
		// RFC 7518 6.3.1.
		j.Kty, j.N, j.E = "RSA", encode(k.rsa.N.Bytes()), encode(big.NewInt(int64(k.rsa.E)).Bytes())
		return j, nil
	}
	if k.ed != nil {
		// RFC 8037 2.
		j.Kty, j.Crv, j.X = "OKP", "Ed25519", encode(k.ed[ed25519.PrivateKeySize-ed25519.PublicKeySize:])
		return j, nil
	}
	// RFC 7518 6.2.1: the coordinates in full length. The point is 0x04, X, Y.
	point, err := k.ec.PublicKey.Bytes()
	if err != nil {
		return jwk{}, fmt.Errorf("encode public key: %w", err)
	}
	j.Kty, j.Crv, j.X, j.Y = "EC", "P-256", encode(point[1:33]), encode(point[33:])
	return j, nil
}

// thumbprint names a key by its content, so that no two keys share a name.
//
// RFC 7638 3: the required members in lexicographic order.
func (j jwk) thumbprint() string {
	members := `{"e":"` + j.E + `","kty":"RSA","n":"` + j.N + `"}`
	switch j.Kty {
	case "EC":
		members = `{"crv":"` + j.Crv + `","kty":"EC","x":"` + j.X + `","y":"` + j.Y + `"}`
	case "OKP": // RFC 8037 A.3
		members = `{"crv":"` + j.Crv + `","kty":"OKP","x":"` + j.X + `"}`
	}
	sum := sha256.Sum256([]byte(members))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

package dpop

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"vigil/internal/clientkeys"
	"vigil/internal/oidc"
	"vigil/internal/replay"
	"vigil/internal/tenant"
)

// Verifier checks proofs. All fields are required.
type Verifier struct {
	Memory replay.Memory
	// Secret derives a secret of an environment, see keys.Set.
	Secret func(environmentID, purpose string) [32]byte
	Now    func() time.Time
}

// Algorithms are what proofs may be signed with.
//
// RFC 9449 4.3 (5): asymmetric ones, and never `none`.
func Algorithms() []string {
	return []string{string(jose.ES256), string(jose.PS256), string(jose.EdDSA), string(clientkeys.Ed25519)}
}

const (
	// oldest is how old a proof may be, newest how far ahead the client's clock.
	//
	// RFC 9449 11.1: seconds or minutes.
	oldest = time.Minute
	newest = 15 * time.Second

	maxProof = 8 << 10 // bytes
	maxID    = 256     // bytes of a jti
)

// Request is what a proof must be made for.
type Request struct {
	Proofs []string // the values of the DPoP header
	Method string
	URL    string // without query and fragment
	// AccessToken comes along at a resource. Empty: it is not a resource.
	AccessToken string
	// NonceRequired: the proof must bear a nonce of ours.
	NonceRequired bool
}

// RequestOf reads the proof of an HTTP request to a path of a base.
func RequestOf(r *http.Request, base tenant.Base, path string) Request {
	return Request{Proofs: r.Header.Values("DPoP"), Method: r.Method, URL: base.CalledURL(path)}
}

// claims of a proof.
//
// RFC 9449 4.2.
type claims struct {
	ID       string   `json:"jti"`
	Method   string   `json:"htm"`
	URL      string   `json:"htu"`
	IssuedAt *float64 `json:"iat"` // Unix seconds
	Expires  *float64 `json:"exp"`
	Hash     string   `json:"ath"`
	Nonce    string   `json:"nonce"`
}

// Check gives the thumbprint of the key that a request proves to have. Empty without an error: there is no proof.
//
// RFC 9449 4.3.
func (v *Verifier) Check(ctx context.Context, base tenant.Base, q Request) (thumbprint string, fault *oidc.Error) {
	switch {
	case len(q.Proofs) == 0:
		return "", nil
	case len(q.Proofs) > 1:
		return "", bad("more than one DPoP header")
	}
	thumbprint, c, err := open(q.Proofs[0])
	if err != nil {
		return "", bad(err.Error())
	}
	now := v.Now()
	if err := c.check(q, now); err != nil {
		return "", bad(err.Error())
	}
	if c.Nonce == "" && q.NonceRequired || c.Nonce != "" && !v.isNonce(base.Environment.ID, c.Nonce, now) {
		// RFC 9449 8: the answer bears a nonce to try again with.
		return "", oidc.NewError(oidc.CodeUseDPoPNonce, "the proof needs the nonce of this answer")
	}
	until := time.UnixMilli(int64(*c.IssuedAt * 1000)).Add(oldest)
	first, err := v.Memory.First(ctx, until, "dpop", base.Environment.ID, thumbprint, c.ID)
	switch {
	case err != nil:
		return "", oidc.Unavailable(err)
	case !first:
		// RFC 9449 11.1: a proof is used once.
		return "", bad("the proof was used before")
	}
	return thumbprint, nil
}

// open reads a proof, verifies it by the key that it brings, and names that key.
func open(proof string) (thumbprint string, c claims, err error) {
	if len(proof) > maxProof {
		return "", c, errors.New("the proof is too long")
	}
	allowed := []jose.SignatureAlgorithm{jose.ES256, jose.PS256, jose.EdDSA, clientkeys.Ed25519}
	parsed, err := jose.ParseSignedCompact(proof, allowed)
	if err != nil {
		return "", c, errors.New("the proof is not a JWT signed by an algorithm that is accepted")
	}
	header := parsed.Signatures[0].Protected
	key := header.JSONWebKey
	if typ, _ := header.ExtraHeaders[jose.HeaderType].(string); typ != "dpop+jwt" {
		return "", c, errors.New("the proof is of another type")
	}
	if key == nil || !key.IsPublic() || !clientkeys.Strong(key.Key) || !clientkeys.Fits(key.Key, jose.SignatureAlgorithm(header.Algorithm)) {
		return "", c, errors.New("the proof brings no public key that fits")
	}
	payload, err := clientkeys.Open(parsed, key.Key)
	if err != nil {
		return "", c, errors.New("the signature of the proof is wrong")
	}
	if err := json.Unmarshal(payload, &c); err != nil {
		return "", c, errors.New("the proof holds malformed claims")
	}
	sum, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", c, errors.New("the key of the proof has no name")
	}
	return base64.RawURLEncoding.EncodeToString(sum), c, nil
}

// check holds the claims against the request and the moment.
func (c claims) check(q Request, now time.Time) error {
	seconds := float64(now.UnixMilli()) / 1000
	switch {
	case c.ID == "" || len(c.ID) > maxID:
		return errors.New("the proof has no jti, or too long a one")
	case c.Method != q.Method:
		return errors.New("htm is another method")
	case !sameURL(c.URL, q.URL):
		return errors.New("htu is another address")
	case c.IssuedAt == nil || *c.IssuedAt <= seconds-oldest.Seconds() || *c.IssuedAt > seconds+newest.Seconds():
		return errors.New("iat is not now")
	case c.Expires != nil && *c.Expires <= seconds:
		return errors.New("the proof has expired")
	}
	if q.AccessToken == "" {
		return nil
	}
	// RFC 9449 4.3 (11): ath is the hash of the token that comes along.
	sum := sha256.Sum256([]byte(q.AccessToken))
	want := base64.RawURLEncoding.EncodeToString(sum[:])
	if subtle.ConstantTimeCompare([]byte(c.Hash), []byte(want)) != 1 {
		return errors.New("ath is not the hash of the access token")
	}
	return nil
}

// sameURL compares addresses without query and fragment.
//
// RFC 9449 4.3 (9); RFC 3986 6.2.2, 6.2.3: scheme and host without case, the port of the scheme may be left out.
func sameURL(given, want string) bool {
	g, err := url.Parse(given)
	if err != nil {
		return false
	}
	w, err := url.Parse(want)
	if err != nil {
		return false
	}
	return g.User == nil && strings.EqualFold(g.Scheme, w.Scheme) && strings.EqualFold(hostOf(g), hostOf(w)) && g.EscapedPath() == w.EscapedPath()
}

func hostOf(u *url.URL) string {
	port := map[string]string{"https": ":443", "http": ":80"}[strings.ToLower(u.Scheme)]
	return strings.TrimSuffix(u.Host, port)
}

func bad(description string) *oidc.Error {
	return oidc.NewError(oidc.CodeInvalidDPoPProof, description)
}

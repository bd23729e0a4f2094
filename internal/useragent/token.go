package useragent

import (
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/gorilla/securecookie"

	"vigil/iframe"
	"vigil/internal/session"
	"vigil/internal/tenant"
)

// secretSize is the length of the secret of a session token. Each authentication makes a new one.
const secretSize = 16

// token is what the ST cookie holds: which session, and the secret of its last authentication.
type token struct {
	id     session.ID
	secret [secretSize]byte
}

// Codecs seals and opens session tokens. The first codec seals, any opens: keys can be changed.
type Codecs []securecookie.Codec

// NewCodecs makes codecs of authentication keys, newest first. Tokens have no age limit: the server alone enforces idleness.
func NewCodecs(keys ...[32]byte) Codecs {
	codecs := make(Codecs, len(keys))
	for i := range keys {
		c := securecookie.New(keys[i][:], nil)
		c.SetSerializer(securecookie.NopEncoder{})
		c.MaxAge(0)
		codecs[i] = c
	}
	return codecs
}

// cookieOf binds a token to its host, and to its realm if the realm has sessions of its own: sealed for another, it does not open here.
func cookieOf(base tenant.Base) string {
	return iframe.CookieST + "@" + base.Origin + base.Prefix + inScope(base.Scope())
}

func inScope(realm string) string {
	if realm == "" {
		return ""
	}
	return " " + realm
}

func (c Codecs) seal(base tenant.Base, t token) (string, error) {
	sealed, err := securecookie.EncodeMulti(cookieOf(base), append(t.id[:], t.secret[:]...), c...)
	if err != nil {
		return "", fmt.Errorf("seal session token: %w", err)
	}
	return sealed, nil
}

// open reads a token. False: it is none of ours.
func (c Codecs) open(base tenant.Base, value string) (t token, ok bool) {
	var plain []byte
	if err := securecookie.DecodeMulti(cookieOf(base), value, &plain, c...); err != nil {
		return token{}, false
	}
	if len(plain) != session.IDSize+secretSize {
		return token{}, false
	}
	copy(t.id[:], plain)
	copy(t.secret[:], plain[session.IDSize:])
	return t, true
}

// NewSecret makes the secret of a session token and its digest for the session.
func NewSecret(random io.Reader) (secret [secretSize]byte, digest [32]byte, err error) {
	if _, err = io.ReadFull(random, secret[:]); err != nil {
		return secret, digest, fmt.Errorf("make session token: %w", err)
	}
	return secret, sha256.Sum256(secret[:]), nil
}

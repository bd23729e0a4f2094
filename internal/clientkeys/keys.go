package clientkeys

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	lru "github.com/hashicorp/golang-lru/v2"

	"vigil/internal/outbound"
	"vigil/internal/tenant"
)

// Algorithms are what applications may sign with by a key pair, see tenant.Application.
//
// RFC 8725 3.1, 3.2: a fixed list; `none` and symmetric ones are not on it.
func Algorithms() []string { return []string{"ES256", "PS256", "EdDSA", string(Ed25519), "RS256"} }

// Limits of what is fetched and kept.
const (
	maxDocument = 64 << 10         // bytes
	maxToken    = 16 << 10         // bytes
	maxSets     = 1024             // addresses in the cache
	fresh       = 10 * time.Minute // a set is used without asking again
	again       = 30 * time.Second // between two fetches of one address, whatever is asked
	stale       = 24 * time.Hour   // a set is used if its address does not answer
)

// ErrToken: a token is malformed, signed with another algorithm, or by nobody we know.
var ErrToken = errors.New("token is not signed by the application")

// Keys verifies for all applications. Make it with New; safe for concurrent use.
type Keys struct {
	client *outbound.Client
	now    func() time.Time
	sets   *lru.Cache[string, *entry]
}

// entry is one address. Its lock is held while it is fetched: of many requests for it one goes out.
type entry struct {
	mu      sync.Mutex
	set     *jose.JSONWebKeySet // nil: never fetched
	fetched time.Time           // when set was
	tried   time.Time
}

// New makes Keys.
func New(client *outbound.Client, now func() time.Time) (*Keys, error) {
	sets, err := lru.New[string, *entry](maxSets)
	if err != nil {
		return nil, fmt.Errorf("make cache of JWK sets: %w", err)
	}
	return &Keys{client: client, now: now, sets: sets}, nil
}

// Token is what a signed token says.
type Token struct {
	Payload []byte
	Type    string // typ header. Empty: none
	Alg     string
}

// Verify checks the signature of a compact JWS by a registered key of an application. It looks at no claim. ErrToken; other errors mean
// that the keys could not be had.
func (k *Keys) Verify(ctx context.Context, app *tenant.Application, token string, algs []string) (Token, error) {
	parsed, err := parse(token, algs)
	if err != nil {
		return Token{}, err
	}
	set, e, err := k.setOf(ctx, app)
	if err != nil {
		return Token{}, err
	}
	if verified, ok := try(parsed, set); ok {
		return verified, nil
	}
	if e == nil {
		return Token{}, ErrToken
	}
	// The application may have taken a new key into use.
	if set, err = k.refetch(ctx, e, app.JWKSURL, again); err != nil {
		return Token{}, err
	}
	if verified, ok := try(parsed, set); ok {
		return verified, nil
	}
	return Token{}, ErrToken
}

// VerifySecret checks the signature of a compact JWS by one of the secrets of an application. ErrToken.
func VerifySecret(app *tenant.Application, token string, algs []string) (Token, error) {
	parsed, err := parse(token, algs)
	if err != nil {
		return Token{}, err
	}
	for _, secret := range app.ClientSecrets {
		if payload, err := parsed.Verify([]byte(secret)); err == nil {
			return tokenOf(parsed, payload), nil
		}
	}
	return Token{}, ErrToken
}

func parse(token string, algs []string) (*jose.JSONWebSignature, error) {
	if len(token) > maxToken {
		return nil, ErrToken
	}
	allowed := make([]jose.SignatureAlgorithm, len(algs))
	for i, alg := range algs {
		allowed[i] = jose.SignatureAlgorithm(alg)
	}
	parsed, err := jose.ParseSignedCompact(token, allowed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrToken, err)
	}
	return parsed, nil
}

// try looks for the key that signed: the one that the header names if there is one, else all that fit.
func try(parsed *jose.JSONWebSignature, set *jose.JSONWebKeySet) (Token, bool) {
	header := parsed.Signatures[0].Protected
	for _, key := range set.Keys {
		alg := jose.SignatureAlgorithm(header.Algorithm)
		if !signs(&key) {
			continue
		}
		if header.KeyID != "" && key.KeyID != header.KeyID || key.Algorithm != "" && !Same(key.Algorithm, header.Algorithm) || !Fits(key.Key, alg) {
			continue
		}
		if payload, err := Open(parsed, key.Key); err == nil {
			return tokenOf(parsed, payload), true
		}
	}
	return Token{}, false
}

func tokenOf(parsed *jose.JSONWebSignature, payload []byte) Token {
	header := parsed.Signatures[0].Protected
	typ, _ := header.ExtraHeaders[jose.HeaderType].(string)
	return Token{Payload: payload, Type: typ, Alg: header.Algorithm}
}

// setOf gives the keys of an application, and the entry that they can be fetched again into. Nil: they are inline.
func (k *Keys) setOf(ctx context.Context, app *tenant.Application) (*jose.JSONWebKeySet, *entry, error) {
	if app.JWKSURL != "" {
		e := k.entry(app.JWKSURL)
		set, err := k.refetch(ctx, e, app.JWKSURL, fresh)
		return set, e, err
	}
	e := k.entry("inline " + string(app.JWKS))
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.set == nil {
		set, err := ParseSet(app.JWKS)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrToken, err)
		}
		e.set = set
	}
	return e.set, nil, nil
}

func (k *Keys) entry(name string) *entry {
	if e, ok := k.sets.Get(name); ok {
		return e
	}
	e := &entry{}
	if before, ok, _ := k.sets.PeekOrAdd(name, e); ok {
		return before
	}
	return e
}

// refetch gives the set of an address, fetched at most maxAge ago if the address answers.
func (k *Keys) refetch(ctx context.Context, e *entry, address string, maxAge time.Duration) (*jose.JSONWebKeySet, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := k.now()
	if e.set != nil && now.Sub(e.fetched) < maxAge {
		return e.set, nil
	}
	err := errors.New("it was tried a moment ago")
	if e.tried.IsZero() || now.Sub(e.tried) >= again {
		e.tried = now
		var document []byte
		var set *jose.JSONWebKeySet
		if document, err = k.client.Get(ctx, address, "application/jwk-set+json, application/json", maxDocument); err == nil {
			if set, err = ParseSet(document); err == nil {
				e.set, e.fetched = set, now
				return set, nil
			}
		}
	}
	if e.set != nil && now.Sub(e.fetched) < stale {
		return e.set, nil
	}
	return nil, fmt.Errorf("fetch keys of the application: %w", err)
}

package keys

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Ring is the keys of one environment. Safe for concurrent use; a rotation replaces all of it at once.
type Ring struct {
	changing sync.Mutex // held from reading the store until what was read is current
	current  atomic.Pointer[snapshot]
	verified *lru.Cache[[sha256.Size]byte, Verified]
}

// snapshot is a ring between two changes. Immutable once it is current.
type snapshot struct {
	keys    []*key // next, active, retired; newest first within a state
	root    []byte
	changes int // of the root record: the same number, the same records
	byKid   map[string]*key
	active  map[string]*key // by algorithm
	jwks    []byte
	etag    string
	derived sync.Map // secrets by purpose
}

// verifiedTokens bounds the cache of verified tokens. Each holds the claims of one token, about 600 bytes.
const verifiedTokens = 8192

func newRing() (*Ring, error) {
	cache, err := lru.New[[sha256.Size]byte, Verified](verifiedTokens)
	if err != nil {
		return nil, fmt.Errorf("make cache of verified tokens: %w", err)
	}
	return &Ring{verified: cache}, nil
}

// replace makes a new snapshot current.
func (r *Ring) replace(s *snapshot) error {
	sort.Slice(s.keys, func(i, j int) bool {
		a, b := s.keys[i], s.keys[j]
		if a.state != b.state {
			return a.state < b.state // active, next, retired
		}
		if !a.created.Equal(b.created) {
			return a.created.After(b.created)
		}
		return a.kid < b.kid
	})
	s.byKid, s.active = map[string]*key{}, map[string]*key{}
	published := struct {
		Keys []jwk `json:"keys"`
	}{Keys: []jwk{}}
	for _, k := range s.keys {
		s.byKid[k.kid] = k
		if k.state == Active && s.active[k.alg] == nil {
			s.active[k.alg] = k
		}
		if k.opens() && k.state == Retired {
			continue // whoever still encrypts to it read the set before
		}
		j, err := k.public()
		if err != nil {
			return err
		}
		published.Keys = append(published.Keys, j)
	}
	var err error
	if s.jwks, err = json.Marshal(published); err != nil {
		return fmt.Errorf("encode JWK set: %w", err)
	}
	sum := sha256.Sum256(s.jwks)
	s.etag = `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	r.current.Store(s)
	return nil
}

// JWKS gives the public keys as a JWK set and its entity tag. The bytes are shared: do not change them.
//
// RFC 7517 5.
func (r *Ring) JWKS() (body []byte, etag string) {
	s := r.current.Load()
	return s.jwks, s.etag
}

// Secret derives 32 bytes for one purpose from the root secret of the environment. Rotations do not change it. Purposes are few and written out in
// the program: what was derived is kept.
//
// RFC 5869: the purpose is the info parameter.
func (r *Ring) Secret(purpose string) [32]byte {
	s := r.current.Load()
	if known, ok := s.derived.Load(purpose); ok {
		return known.([32]byte) //nolint:forcetypeassert // the map holds nothing else
	}
	derived, err := hkdf.Key(sha256.New, s.root, nil, "vigil "+purpose, 32)
	if err != nil { // only lengths beyond 8160 bytes fail
		panic("keys: derive secret: " + err.Error())
	}
	s.derived.Store(purpose, [32]byte(derived))
	return [32]byte(derived)
}

// Description is what an operator sees of a key.
type Description struct {
	Kid, Alg string
	State    State
	Created  time.Time // when it was published
	From     time.Time // of a next key: when it will sign, zero on command; of an active one: since when it does
	Until    time.Time // of a retired key: when it is forgotten. Zero: not retired
}

// Describe lists the keys: active, next, retired, the newest first.
func (r *Ring) Describe() []Description {
	s := r.current.Load()
	list := make([]Description, len(s.keys))
	for i, k := range s.keys {
		list[i] = Description{Kid: k.kid, Alg: k.alg, State: k.state, Created: k.created}
		switch k.state {
		case Retired:
			list[i].Until = k.until
		case Next, Active:
			list[i].From = k.from
		}
	}
	return list
}

package password

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/secure/precis"
)

// MaxLength is the longest password in bytes, as typed. Longer ones are never right.
const MaxLength = 1024

const (
	saltLength = 16 // bytes; RFC 9106 3.1: 16 are recommended for password hashing
	keyLength  = 32 // bytes
)

// ErrBusy says that so many hashes wait already that this one would take seconds. Try later.
var ErrBusy = errors.New("too many passwords are being checked")

// waitingPerSlot bounds the queue: about two seconds of work at the recommended costs.
const waitingPerSlot = 80

// ErrUnusable says that a password cannot be one: empty, longer than MaxLength, not UTF-8, or with control characters.
var ErrUnusable = errors.New("unusable password")

// Config says how a Hasher works.
type Config struct {
	Params Params    // zero: Recommended
	Random io.Reader // source of salts, safe for concurrent use; required
	Slots  int       // hashes computed at the same time; zero: one for each core
}

// Hasher computes argon2id, a bounded number at a time. Safe for concurrent use.
type Hasher struct {
	params   Params
	random   io.Reader
	slots    chan struct{}
	computed atomic.Uint64
	waiting  atomic.Int64
}

// New makes a Hasher. ErrParams when the costs are out of bounds.
func New(c Config) (*Hasher, error) {
	if c.Params == (Params{}) {
		c.Params = Recommended()
	}
	if err := c.Params.check(); err != nil {
		return nil, err
	}
	if c.Random == nil {
		return nil, errors.New("password hasher without a source of randomness")
	}
	if c.Slots <= 0 {
		c.Slots = runtime.GOMAXPROCS(0)
	}
	return &Hasher{params: c.Params, random: c.Random, slots: make(chan struct{}, c.Slots)}, nil
}

// Computed counts the hashes computed since the start.
func (h *Hasher) Computed() uint64 { return h.computed.Load() }

// Hash gives the PHC string to store for a new password. ErrUnusable, ErrBusy, or the context's error while waiting for a slot.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	prepared, err := prepare(password)
	if err != nil {
		return "", err
	}
	e := Encoded{Params: h.params, Salt: make([]byte, saltLength)}
	if _, err := io.ReadFull(h.random, e.Salt); err != nil {
		return "", fmt.Errorf("read salt: %w", err)
	}
	e.Key, err = h.compute(ctx, prepared, e, keyLength)
	if err != nil {
		return "", err
	}
	return e.String(), nil
}

// Verify says whether password is the one behind phc, and whether the string should be made anew because the costs
// changed. An unusable password is false after the same work. ErrMalformed and ErrParams also come after the work of
// one computation; an error of the context comes before any.
func (h *Hasher) Verify(ctx context.Context, phc, password string) (ok, needsRehash bool, err error) {
	stored, malformed := Parse(phc)
	if malformed != nil {
		return false, false, errors.Join(h.VerifyNobody(ctx, password), malformed)
	}
	prepared, unusable := prepare(password)
	key, err := h.compute(ctx, prepared, stored, len(stored.Key))
	if err != nil {
		return false, false, err
	}
	if subtle.ConstantTimeCompare(key, stored.Key) != 1 || unusable != nil {
		return false, false, nil //nolint:nilerr // a password that cannot be is a wrong one
	}
	return true, stored.Params != h.params || len(stored.Salt) != saltLength || len(stored.Key) != keyLength, nil
}

// VerifyNobody spends the work of Verify on a password that nobody has. The context's error while waiting for a slot.
func (h *Hasher) VerifyNobody(ctx context.Context, password string) error {
	prepared, _ := prepare(password)
	_, err := h.compute(ctx, prepared, Encoded{Params: h.params, Salt: make([]byte, saltLength)}, keyLength)
	return err
}

func (h *Hasher) compute(ctx context.Context, prepared []byte, e Encoded, length int) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > int64(waitingPerSlot*cap(h.slots)) {
		return nil, ErrBusy
	}
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-h.slots }()
	h.computed.Add(1)
	return argon2.IDKey(prepared, e.Salt, e.Params.Passes, e.Params.Memory, e.Params.Threads, uint32(length)), nil
}

// prepare gives the bytes that are hashed, none when the password is unusable.
func prepare(password string) ([]byte, error) {
	if len(password) > MaxLength || !utf8.ValidString(password) { // the profile would make every broken byte U+FFFD
		return nil, ErrUnusable
	}
	prepared, err := precis.OpaqueString.Bytes([]byte(password)) // RFC 8265 4.2: the OpaqueString profile
	if err != nil {
		return nil, ErrUnusable
	}
	return prepared, nil
}

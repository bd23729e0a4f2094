package grant

import (
	"context"
	"slices"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Redemption is one attempt to turn a code into tokens.
type Redemption struct {
	Grant *Grant
	Now   time.Time
	// Until is when the last token of the grant will have died: a revocation is remembered until then.
	Until time.Time
	// Alive asks for the session. Nil: it need not live.
	Alive Alive
	// Family is written with the redemption; its refresh token is what the caller hands out. Nil: there is none.
	Family *Family
}

// Redeem records the use of a code: of any number of attempts one wins. ErrExpired, ErrSessionEnded. ErrReplayed: the code was used
// before; what that use gave is revoked now. On kv.ErrUnknownOutcome the code may be used up: it is not tried again.
//
// RFC 6749 4.1.2: used more than once, a code is denied and the tokens it gave are revoked.
func Redeem(ctx context.Context, store kv.Store, r Redemption) error {
	if !r.Now.Before(r.Grant.Expires) {
		return expired(ctx, store, r)
	}
	var refusal error
	err := store.Update(ctx, func(tx kv.Tx) (err error) {
		refusal, err = redeem(tx, r)
		return err
	})
	if err != nil {
		return err
	}
	return refusal
}

// redeem gives a refusal beside which writes are kept, or an error beside which they are not.
func redeem(tx kv.Tx, r Redemption) (refusal, err error) {
	used, err := tx.Get(schema.Redeemed, r.Grant.ID[:])
	if err != nil {
		return nil, err
	}
	if used != nil {
		return ErrReplayed, revoke(tx, used)
	}
	if r.Alive != nil {
		alive, err := r.Alive(tx, r.Now)
		if err != nil {
			return nil, err
		}
		if !alive {
			return ErrSessionEnded, nil
		}
	}
	handle := NewHandle(r.Grant.ID, r.Until)
	value := append(make([]byte, 0, len(handle)+len(FamilyID{})), handle[:]...)
	if r.Family != nil {
		value = append(value, r.Family.ID[:]...)
		if err := putNewFamily(tx, r.Family, r.Now); err != nil {
			return nil, err
		}
	}
	return nil, tx.Put(schema.Redeemed, r.Grant.ID[:], value)
}

// expired refuses a code that is too old; used before, it still betrays a replay as long as the use is remembered.
func expired(ctx context.Context, store kv.Store, r Redemption) error {
	var used []byte
	err := store.View(ctx, func(reader kv.Reader) error {
		value, err := reader.Get(schema.Redeemed, r.Grant.ID[:])
		used = append([]byte(nil), value...)
		return err
	})
	if err != nil {
		return err
	}
	if len(used) == 0 {
		return ErrExpired
	}
	if err := store.Update(ctx, func(tx kv.Tx) error { return revoke(tx, used) }); err != nil {
		return err
	}
	return ErrReplayed
}

// revoke ends all that a redemption gave; used is the value of its record.
func revoke(tx kv.Tx, used []byte) error {
	const handle = len(Handle{})
	if err := Revoke(tx, Handle(used[:handle])); err != nil {
		return err
	}
	if len(used) < handle+len(FamilyID{}) {
		return nil
	}
	id := FamilyID(used[handle:])
	f, err := readFamily(tx, id)
	if err != nil || f == nil {
		return err
	}
	return f.end(tx)
}

// Revoke makes every access token of a handle useless. Writing it again changes nothing, so nothing is read before.
func Revoke(tx kv.Tx, handle Handle) error { return tx.Put(schema.Revoked, handle[:], nil) }

// IsRevoked reports whether the access tokens of any of the handles were revoked.
func IsRevoked(r kv.Reader, handles ...Handle) (bool, error) {
	keys := make([][]byte, len(handles))
	for i := range handles {
		keys[i] = handles[i][:]
	}
	values, err := r.GetMany(schema.Revoked, keys)
	return slices.ContainsFunc(values, func(value []byte) bool { return value != nil }), err
}

// replayMemory is how long a use stays remembered after the code itself has expired, so that a late replay still revokes.
const replayMemory = 10 * time.Minute

// Prune forgets uses, revocations and families whose time is over, at most limit (1 to 1,000) of each. More says that there may be others.
func Prune(ctx context.Context, store kv.Store, now time.Time, limit int) (more bool, err error) {
	for _, step := range []struct {
		bucket kv.Bucket
		to     time.Time
	}{{schema.Redeemed, now.Add(-replayMemory)}, {schema.Revoked, now}, {schema.Family, now}} {
		key := make([]byte, 6)
		putMillis(key, step.to)
		n, err := store.Prune(ctx, step.bucket, key, limit)
		if err != nil {
			return false, err
		}
		more = more || n == limit
	}
	return more, nil
}

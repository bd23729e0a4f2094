package grant

import (
	"context"
	"time"

	"vigil/internal/store/kv"
)

// TokenExpires is when the current token of a family expires.
func (f *Family) TokenExpires() time.Time {
	if !f.Until.IsZero() && f.Until.Before(f.Expires()) {
		return f.Until
	}
	return f.Expires()
}

// Look tells what a refresh token stands for, without using it. Only the current one of a family is good. ErrInvalid, ErrExpired,
// ErrWrongClient, ErrSessionEnded; ErrReplayed for one that was used.
func (r *Refresher) Look(ctx context.Context, store kv.Store, u Use) (*Family, error) {
	brought, err := parseToken(u.Token)
	if err != nil {
		return nil, err
	}
	alive, err := r.prepare(ctx, store, brought.family, u)
	if err != nil {
		return nil, err
	}
	var f *Family
	err = store.View(ctx, func(reader kv.Reader) (err error) {
		f, err = look(reader, brought, alive, u)
		return err
	})
	return f, err
}

func look(reader kv.Reader, brought token, alive Alive, u Use) (*Family, error) {
	f, err := readFamily(reader, brought.family)
	if err != nil {
		return nil, err
	}
	switch {
	case f == nil || f.EnvironmentID != u.EnvironmentID || f.Issuer != u.Issuer:
		return nil, ErrInvalid
	case f.ClientID != u.ClientID:
		return nil, ErrWrongClient
	case !f.isCurrent(brought.digest()):
		return nil, ErrReplayed
	case !u.Now.Before(f.TokenExpires()):
		return nil, ErrExpired
	case alive == nil:
		return f, nil
	}
	lives, err := alive(reader, u.Now)
	if err == nil && !lives {
		err = ErrSessionEnded
	}
	return f, err
}

// End ends the family of a refresh token with everything that it gave. A token that was used before, or whose time is over, ends it too.
// ErrInvalid: it is no refresh token of ours. ErrWrongClient.
//
// RFC 7009 2.1: revoking a refresh token also invalidates the access tokens of the same grant.
func (r *Refresher) End(ctx context.Context, store kv.Store, u Use) error {
	brought, err := parseToken(u.Token)
	if err != nil {
		return err
	}
	var refusal error
	err = store.Update(ctx, func(tx kv.Tx) error {
		refusal = nil
		f, err := readFamily(tx, brought.family)
		digest := brought.digest()
		switch {
		case err != nil:
			return err
		case f == nil || f.EnvironmentID != u.EnvironmentID || f.Issuer != u.Issuer || !f.isCurrent(digest) && !f.isPrevious(digest):
			refusal = ErrInvalid
			return nil
		case f.ClientID != u.ClientID:
			refusal = ErrWrongClient
			return nil
		}
		if err := Revoke(tx, f.Handle); err != nil {
			return err
		}
		return f.end(tx)
	})
	if err != nil {
		return err
	}
	return refusal
}

package departure

import (
	"context"
	"fmt"
	"time"

	"vigil/internal/authenticator"
	"vigil/internal/directory"
	"vigil/internal/external"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// Departure deletes users.
type Departure struct {
	KV        kv.Store
	Directory *directory.Directory
	Sessions  *store.Sessions
	Now       func() time.Time

	belongings []belonging
}

// belonging removes what is kept of a user, in the caller's transaction, at most 500 writes at once. More: call again.
type belonging func(tx kv.Tx, environmentID, userID string) (more bool, err error)

// New makes a Departure that knows what is kept of a user.
func New(s kv.Store, d *directory.Directory, sessions *store.Sessions, now func() time.Time) *Departure {
	authenticators := func(tx kv.Tx, environmentID, userID string) (bool, error) {
		return false, authenticator.RemoveAll(tx, environmentID, userID)
	}
	return &Departure{KV: s, Directory: d, Sessions: sessions, Now: now, belongings: []belonging{store.ForgetUser, store.ForgetRecordings, authenticators, external.RemoveAll}}
}

// atOnce is how many leavers one round takes.
const atOnce = 100

// Delete deletes a user. It gives how many sessions ended. directory.ErrNotFound.
func (d *Departure) Delete(ctx context.Context, environmentID, userID string) (sessions int, err error) {
	if err := d.Directory.Leave(ctx, environmentID, userID); err != nil {
		return 0, err
	}
	return d.finish(ctx, directory.Leaver{EnvironmentID: environmentID, UserID: userID})
}

// Finish ends what an earlier process began.
func (d *Departure) Finish(ctx context.Context) error {
	for {
		leavers, err := d.Directory.Leavers(ctx, atOnce)
		if err != nil {
			return fmt.Errorf("list leavers: %w", err)
		}
		for _, l := range leavers {
			if _, err := d.finish(ctx, l); err != nil {
				return fmt.Errorf("finish the deletion of user %q: %w", l.UserID, err)
			}
		}
		if len(leavers) < atOnce {
			return nil
		}
	}
}

func (d *Departure) finish(ctx context.Context, l directory.Leaver) (sessions int, err error) {
	sessions, err = d.Sessions.EndForLeaver(ctx, l.EnvironmentID, l.UserID, d.Now())
	if err != nil {
		return sessions, err
	}
	for _, remove := range d.belongings {
		for more := true; more; {
			err := d.KV.Update(ctx, func(tx kv.Tx) (err error) {
				more, err = remove(tx, l.EnvironmentID, l.UserID)
				return err
			})
			if err != nil {
				return sessions, err
			}
		}
	}
	return sessions, d.KV.Update(ctx, func(tx kv.Tx) error { return directory.Remove(tx, l) })
}

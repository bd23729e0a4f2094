package admin

import (
	"context"
	"fmt"

	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// Notices implements Operations.
func (l *Local) Notices(ctx context.Context, q NoticeList) ([]Notice, error) {
	if err := l.knows(q.Environment); err != nil {
		return nil, err
	}
	if q.Limit < 1 || q.Limit > kv.MaxKeys {
		return nil, &Error{CodeInvalid, fmt.Sprintf("limit is 1 to %d", kv.MaxKeys)}
	}
	list := make([]Notice, 0, 16)
	take := func(letters []store.Letter) (enough bool) {
		for _, letter := range letters {
			if len(list) == q.Limit {
				break
			}
			if letter.EnvironmentID == q.Environment {
				list = append(list, describeNotice(letter))
			}
		}
		return len(list) == q.Limit
	}
	err := l.eachDead(ctx, take)
	for shard := byte(0); err == nil && shard < store.NoticeShards && len(list) < q.Limit; shard++ {
		err = pages(ctx, l.Live.KV, func(r kv.Reader, after []byte) ([]store.Letter, []byte, error) {
			return store.WaitingNotices(r, shard, after, lettersAtOnce)
		}, take)
	}
	return list, failed(err, "notices")
}

func describeNotice(n store.Letter) Notice {
	return Notice{
		ID: n.ID.String(), ClientID: n.ClientID, Dead: n.Dead, Reason: string(n.Reason), EndedAt: n.EndedAt,
		Attempts: n.Attempts, Problem: n.Problem, At: n.At,
	}
}

// lettersAtOnce is how many letters one transaction reads or replays.
const lettersAtOnce = 200

// eachDead gives all dead letters, page by page, until somebody has enough.
func (l *Local) eachDead(ctx context.Context, take func([]store.Letter) (enough bool)) error {
	return pages(ctx, l.Live.KV, func(r kv.Reader, after []byte) ([]store.Letter, []byte, error) {
		return store.DeadNotices(r, after, lettersAtOnce)
	}, take)
}

func pages(ctx context.Context, s kv.Store, read func(r kv.Reader, after []byte) ([]store.Letter, []byte, error), take func([]store.Letter) bool) error {
	var after []byte
	for {
		var letters []store.Letter
		var next []byte
		err := s.View(ctx, func(r kv.Reader) (err error) {
			letters, next, err = read(r, after)
			return err
		})
		if err != nil || take(letters) || next == nil {
			return err
		}
		after = next
	}
}

// ReplayNotices implements Operations.
func (l *Local) ReplayNotices(ctx context.Context, q Replay) (Replayed, error) {
	if err := l.knows(q.Environment); err != nil {
		return Replayed{}, err
	}
	var done Replayed
	var fault error
	err := l.eachDead(ctx, func(letters []store.Letter) bool {
		var chosen []store.Letter
		for _, n := range letters {
			if n.EnvironmentID == q.Environment && (q.ID == "" || q.ID == n.ID.String()) && (q.ClientID == "" || q.ClientID == n.ClientID) {
				chosen = append(chosen, n)
			}
		}
		now, replayed := l.Now(), 0
		fault = l.Live.KV.Update(ctx, func(tx kv.Tx) (err error) {
			replayed, err = store.Replay(tx, chosen, now)
			return err
		})
		if fault == nil {
			done.Notices += replayed
		}
		return fault != nil
	})
	if err == nil {
		err = fault
	}
	if err == nil && done.Notices == 0 && q.ID != "" {
		return done, &Error{CodeNotFound, fmt.Sprintf("there is no dead letter %q", q.ID)}
	}
	return done, failed(err, "notices")
}

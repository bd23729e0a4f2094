package store

import (
	"context"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// ForgetRuns removes runs that have expired, at most limit (1 to kv.MaxKeys), and gives those that had not ended. More: there may be others.
func ForgetRuns(ctx context.Context, s kv.Store, now time.Time, limit int) (abandoned []*Run, more bool, err error) {
	var expired int
	var upTo []byte
	err = s.View(ctx, func(r kv.Reader) error {
		abandoned = nil
		entries, err := r.Scan(schema.Run, nil, millis(now), limit)
		if expired = len(entries); err != nil || expired == 0 {
			return err
		}
		upTo = append(append([]byte{}, entries[expired-1].Key...), 0)
		for _, e := range entries {
			run := &Run{}
			if err := decodeRun(run, e.Value); err != nil {
				return err
			}
			if run.Outcome == nil {
				abandoned = append(abandoned, run)
			}
		}
		return nil
	})
	if err != nil || expired == 0 {
		return nil, false, err
	}
	n, err := s.Prune(ctx, schema.Run, upTo, limit)
	return abandoned, n == limit, err
}

// Forget removes runs, whether they ended or not, and what they keep, challenges, recordings, parked and pushed requests and dead letters that have expired, at most limit of each. More: there may be others.
func Forget(ctx context.Context, s kv.Store, now time.Time, limit int) (more bool, err error) {
	for _, b := range []kv.Bucket{schema.Run, schema.RunKeep, schema.Challenge, schema.Recording, schema.Recorded, schema.Parked, schema.Pushed, schema.Seen, schema.Device, schema.DeviceByCode, schema.Dead, schema.MailDead, schema.Audit} {
		n, err := s.Prune(ctx, b, millis(now), limit)
		if err != nil {
			return false, err
		}
		more = more || n == limit
	}
	return more, nil
}

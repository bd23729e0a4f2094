package store

import (
	"context"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Forget removes runs and what they keep, challenges, parked and pushed requests and dead letters that have expired, at most limit of each. More: there may be others.
func Forget(ctx context.Context, s kv.Store, now time.Time, limit int) (more bool, err error) {
	for _, b := range []kv.Bucket{schema.Run, schema.RunKeep, schema.Challenge, schema.Parked, schema.Pushed, schema.Seen, schema.Device, schema.DeviceByCode, schema.Dead, schema.MailDead, schema.Audit} {
		n, err := s.Prune(ctx, b, millis(now), limit)
		if err != nil {
			return false, err
		}
		more = more || n == limit
	}
	return more, nil
}

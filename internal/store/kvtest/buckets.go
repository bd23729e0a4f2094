package kvtest

import "vigil/internal/store/kv"

// The buckets of the suite, shaped as the records of the store are.
var (
	items    = kv.Bucket{Name: "item", Kind: kv.Random}
	users    = kv.Bucket{Name: "user", Kind: kv.Random}
	sessions = kv.Bucket{Name: "session", Kind: kv.Ordered}
	byUser   = kv.Bucket{Name: "sessionByUser", Kind: kv.Random}
	due      = kv.Bucket{Name: "sessionDue", Kind: kv.Ordered}
	runs     = kv.Bucket{Name: "run", Kind: kv.Ordered, Relaxed: true}
	feed     = kv.Bucket{Name: "feed", Kind: kv.Log}
)

// Buckets are the buckets that an engine given to Run must be opened with.
func Buckets() []kv.Bucket { return []kv.Bucket{items, users, sessions, byUser, due, runs, feed} }

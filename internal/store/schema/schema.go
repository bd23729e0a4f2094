package schema

import "vigil/internal/store/kv"

// The buckets. "ms" is a time as 6 big-endian bytes of Unix milliseconds, "id" is ms of creation and 16 random bytes, 22 bytes in all;
// keys are concatenations.
var (
	// Meta: "version" -> number of the last migration, decimal.
	Meta = kv.Bucket{Name: "meta", Kind: kv.Random}

	// Session: session id -> session.Session as JSON.
	Session = kv.Bucket{Name: "session", Kind: kv.Ordered}
	// SessionByUser: environmentID 0x00 userID 0x00 session id -> empty.
	SessionByUser = kv.Bucket{Name: "sessionByUser", Kind: kv.Random}
	// SessionDue: ms, session id -> empty. A lower bound of the deadline; each session owns exactly one.
	SessionDue = kv.Bucket{Name: "sessionDue", Kind: kv.Ordered}

	// Run: run id, which begins with the ms of its expiry -> store.Run as JSON.
	Run = kv.Bucket{Name: "run", Kind: kv.Ordered}
	// RunBySession: session id, run id -> empty. Runs that began while the session lived.
	RunBySession = kv.Bucket{Name: "runBySession", Kind: kv.Ordered}
	// Flow: hash of a flow -> its sources, kept while runs may need them.
	Flow = kv.Bucket{Name: "flow", Kind: kv.Random}
	// Parked: id, which begins with the ms of its expiry -> a cross-site POST on its way to the GET that names it.
	Parked = kv.Bucket{Name: "parked", Kind: kv.Ordered}
)

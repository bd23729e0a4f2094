package schema

import "vigil/internal/store/kv"

// The buckets. "ms" is a time as 6 big-endian bytes of Unix milliseconds, "id" is ms of creation and 16 random bytes, 22 bytes in all;
// keys are concatenations.
var (
	// Meta: "version" -> number of the last migration, decimal.
	Meta = kv.Bucket{Name: "meta", Kind: kv.Random}

	// Session: session id -> session.Session, encoded by package store: it is read at every silent check.
	Session = kv.Bucket{Name: "session", Kind: kv.Ordered}
	// SessionByUser: environmentID 0x00 userID 0x00 session id -> empty.
	SessionByUser = kv.Bucket{Name: "sessionByUser", Kind: kv.Random}
	// SessionDue: ms, session id -> empty. A lower bound of the deadline; each session owns exactly one.
	SessionDue = kv.Bucket{Name: "sessionDue", Kind: kv.Ordered}

	// Run: run id, which begins with the ms of its expiry -> store.Run, as encodeRun spells it.
	// A power cut may take somebody back to the page before.
	Run = kv.Bucket{Name: "run", Kind: kv.Ordered, Relaxed: true}
	// RunBySession: session id, run id -> empty. Runs that began while the session lived.
	RunBySession = kv.Bucket{Name: "runBySession", Kind: kv.Ordered, Relaxed: true}
	// RunKeep: run id, name -> what a run keeps beside its state.
	RunKeep = kv.Bucket{Name: "runKeep", Kind: kv.Ordered}
	// Challenge: id, which begins with the ms after which it is forgotten -> store.Challenge as JSON.
	Challenge = kv.Bucket{Name: "challenge", Kind: kv.Ordered}
	// Flow: hash of a flow -> its sources, kept while runs may need them.
	Flow = kv.Bucket{Name: "flow", Kind: kv.Random}
	// FlowServed: hash of a flow -> ms at which it was known to serve, half a day behind at most.
	FlowServed = kv.Bucket{Name: "flowServed", Kind: kv.Random}
	// TakenBack: environmentID 0x00 policy 0x00 flow -> rollout.TakenBack as JSON: a flow that failed too often.
	TakenBack = kv.Bucket{Name: "takenBack", Kind: kv.Random}
	// Recording: id, which begins with the ms after which it is forgotten -> store.Recording as JSON: a run that an operator had written down.
	Recording = kv.Bucket{Name: "recording", Kind: kv.Ordered}
	// Recorded: recording id, number (4 bytes) -> events of package engine/trace, one a line.
	Recorded = kv.Bucket{Name: "recorded", Kind: kv.Ordered}
	// Parked: id, which begins with the ms of its expiry -> a cross-site POST on its way to the GET that names it.
	Parked = kv.Bucket{Name: "parked", Kind: kv.Ordered}

	// Pushed: id, which begins with the ms of its expiry -> an authorization request that an application pushed, as package op/authorize keeps it.
	Pushed = kv.Bucket{Name: "pushed", Kind: kv.Ordered}

	// User: environmentID 0x00 userID -> directory.User as JSON.
	User = kv.Bucket{Name: "user", Kind: kv.Random}
	// UserByName: environmentID 0x00 folded name -> userID.
	UserByName = kv.Bucket{Name: "userByName", Kind: kv.Random}
	// UserByEmail: environmentID 0x00 folded e-mail 0x00 userID -> empty.
	UserByEmail = kv.Bucket{Name: "userByEmail", Kind: kv.Random}
	// Newcomer: ms after which the registration is forgotten, environmentID 0x00 userID -> empty. Users whom nobody proved to be yet.
	Newcomer = kv.Bucket{Name: "newcomer", Kind: kv.Ordered}
	// Leaver: environmentID 0x00 userID -> empty. Users of whom something may still have to be deleted.
	Leaver = kv.Bucket{Name: "leaver", Kind: kv.Random}
	// Agreement: environmentID 0x00 userID 0x00 name -> store.Agreement as JSON.
	Agreement = kv.Bucket{Name: "agreement", Kind: kv.Random}
	// Habit: environmentID 0x00 userID -> store.Habit as JSON: where and with what the person signed on.
	Habit = kv.Bucket{Name: "habit", Kind: kv.Random}
	// Audit: ms after which it is forgotten, 16 random bytes -> store.Line as JSON.
	Audit = kv.Bucket{Name: "audit", Kind: kv.Ordered}
	// Consent: environmentID 0x00 userID 0x00 client id -> the scopes that the person let the application have, as JSON.
	Consent = kv.Bucket{Name: "consent", Kind: kv.Random}
	// Authenticator: environmentID 0x00 userID -> what the person registered, as package authenticator keeps it.
	Authenticator = kv.Bucket{Name: "authenticator", Kind: kv.Random}
	// External: environmentID 0x00 SHA-256 of issuer 0x00 subject -> external.link as JSON: whose account somebody of another provider has.
	External = kv.Bucket{Name: "external", Kind: kv.Random}
	// ExternalByUser: environmentID 0x00 userID 0x00 the digest of External -> empty.
	ExternalByUser = kv.Bucket{Name: "externalByUser", Kind: kv.Random}
	// Attempt: ms of its expiry, subject (17 bytes) -> tally of failed guesses.
	Attempt = kv.Bucket{Name: "attempt", Kind: kv.Ordered}

	// Registered: environmentID 0x00 client id -> registration.Client as JSON; without a client id: how many there are and came lately.
	Registered = kv.Bucket{Name: "registered", Kind: kv.Random}
	// RegisteredBy: environmentID 0x00 digest of an origin or address (16 bytes) client id -> empty.
	RegisteredBy = kv.Bucket{Name: "registeredBy", Kind: kv.Random}
	// InitialToken: environmentID 0x00 digest (16 bytes) -> registration.InitialToken as JSON.
	InitialToken = kv.Bucket{Name: "initialToken", Kind: kv.Random}

	// Key: environmentID 0x00 name -> a signing key, or the root record of an environment.
	Key = kv.Bucket{Name: "key", Kind: kv.Random}

	// Redeemed: ms of the code's expiry, 16 random bytes -> handle, and family id if there is one.
	Redeemed = kv.Bucket{Name: "redeemed", Kind: kv.Ordered}
	// Revoked: ms after which nothing of the grant lives, grant id -> empty.
	Revoked = kv.Bucket{Name: "revoked", Kind: kv.Ordered}
	// Family: ms of the absolute expiry, 16 random bytes -> grant.Family as JSON.
	Family = kv.Bucket{Name: "family", Kind: kv.Ordered}
	// FamilyBySession: session id, family id -> client id.
	FamilyBySession = kv.Bucket{Name: "familyBySession", Kind: kv.Ordered}

	// Outbox: shard (1 byte), ms of the next attempt, notice id (16 bytes) -> store.Notice as JSON.
	Outbox = kv.Bucket{Name: "outbox", Kind: kv.Ordered}
	// Dead: ms after which it is forgotten, notice id -> store.Notice as JSON.
	Dead = kv.Bucket{Name: "dead", Kind: kv.Ordered}

	// Mail: ms of the next attempt, letter id (16 bytes) -> a letter that waits, as package mail keeps it.
	Mail = kv.Bucket{Name: "mail", Kind: kv.Ordered}
	// MailDead: ms after which it is forgotten, letter id -> a letter that could not be sent, without its text.
	MailDead = kv.Bucket{Name: "mailDead", Kind: kv.Ordered}

	// Feed: given by the engine -> store.News as JSON: what became of sessions. Kept for an hour.
	Feed = kv.Bucket{Name: "feed", Kind: kv.Log}

	// Seen: ms after which it would be too old anyhow, digest of a name (16 bytes) -> empty. What may be used once.
	Seen = kv.Bucket{Name: "seen", Kind: kv.Ordered}

	// Device: ms of its expiry, digest of the device code (16 bytes) -> device.Authorization as JSON.
	Device = kv.Bucket{Name: "device", Kind: kv.Ordered}
	// DeviceByCode: ms of the full hour after its expiry, digest of environment and user code (16 bytes) -> key of Device.
	DeviceByCode = kv.Bucket{Name: "deviceByCode", Kind: kv.Ordered}
)

// All are the buckets of a store.
func All() []kv.Bucket {
	return []kv.Bucket{
		Meta, Session, SessionByUser, SessionDue, Run, RunBySession, RunKeep, Challenge, Flow, FlowServed, TakenBack, Recording, Recorded, Parked, Pushed,
		User, UserByName, UserByEmail, Newcomer, Leaver, Agreement, Habit, Audit, Consent, Authenticator, External, ExternalByUser, Attempt, Registered, RegisteredBy, InitialToken, Key, Redeemed, Revoked, Family, FamilyBySession,
		Seen, Device, DeviceByCode, Outbox, Dead, Mail, MailDead, Feed,
	}
}

package admin

import (
	"context"
	"time"
)

// Operations are what an operator can do. Errors are *Error.
type Operations interface {
	// AddUser adds somebody to an environment's directory. CodeExists, CodeWeak, CodeInvalid.
	AddUser(ctx context.Context, u NewUser) (User, error)
	// Users lists a page of a directory by name.
	Users(ctx context.Context, p Page) (Users, error)
	// SetPassword gives somebody another password and ends their sessions. CodeNotFound, CodeWeak.
	SetPassword(ctx context.Context, p Password) (Ended, error)
	// SetEnabled lets somebody sign on or not; who may not has no session left. CodeNotFound.
	SetEnabled(ctx context.Context, s Switch) (Ended, error)

	// SetEmail enters somebody's e-mail address, or takes it away. CodeNotFound, CodeExists: it is another user's name. CodeInvalid.
	SetEmail(ctx context.Context, e Email) (User, error)

	// DeleteUser deletes somebody with all that is theirs. CodeNotFound.
	DeleteUser(ctx context.Context, p Person) (Ended, error)

	// Factors lists what somebody can prove themselves with beside a password, the oldest first. CodeNotFound.
	Factors(ctx context.Context, p Person) ([]Factor, error)
	// RemoveFactor takes one of them away and ends their sessions. CodeNotFound.
	RemoveFactor(ctx context.Context, n FactorName) (Ended, error)

	// Audit lists a part of an environment's audit trail, in order.
	Audit(ctx context.Context, q AuditQuery) (AuditLines, error)

	// Keys lists the signing keys of an environment.
	Keys(ctx context.Context, e Environment) ([]Key, error)
	// RotateKeys lets new keys sign, as soon as everybody can know them or at once; it lists what there is then.
	RotateKeys(ctx context.Context, r Rotation) ([]Key, error)

	// Sessions lists the live sessions of somebody. CodeNotFound.
	Sessions(ctx context.Context, p Person) ([]Session, error)
	// EndSessions ends them. CodeNotFound.
	EndSessions(ctx context.Context, p Person) (Ended, error)

	// Notices lists the news of ended sessions that did not reach their application: dead letters first, then what is tried again.
	Notices(ctx context.Context, l NoticeList) ([]Notice, error)
	// ReplayNotices lets dead letters be tried again, for a day from now. CodeNotFound: there is none of that id.
	ReplayNotices(ctx context.Context, r Replay) (Replayed, error)

	// Letters lists the e-mails that did not leave: those that nobody tries any more first, then what is tried again.
	Letters(ctx context.Context, l NoticeList) ([]Letter, error)

	// MintClientToken makes a token with which applications register themselves. CodeInvalid.
	MintClientToken(ctx context.Context, n NewClientToken) (ClientToken, error)
	// ClientTokens lists such tokens, without what they are.
	ClientTokens(ctx context.Context, e Environment) ([]ClientToken, error)
	// RevokeClientToken takes one back. CodeNotFound.
	RevokeClientToken(ctx context.Context, c ClientName) (Done, error)
	// Clients lists a page of the applications that registered themselves.
	Clients(ctx context.Context, p Page) (Clients, error)
	// DeleteClient takes one of them out of service. CodeNotFound.
	DeleteClient(ctx context.Context, c ClientName) (Done, error)

	FlowOperations
	RecordingOperations
}

// NoticeList asks for notices, or letters, of an environment.
type NoticeList struct {
	Environment string `json:"environment"`
	Limit       int    `json:"limit"` // 1 to 1,000
}

// Notice is what an operator sees of news that did not arrive.
type Notice struct {
	ID       string    `json:"id"`
	ClientID string    `json:"clientId"`
	Dead     bool      `json:"dead"` // nobody tries it any more
	Reason   string    `json:"reason"`
	EndedAt  time.Time `json:"endedAt"`
	Attempts int       `json:"attempts"`
	Problem  string    `json:"problem,omitempty"` // of the last attempt
	At       time.Time `json:"at"`                // of the next attempt; of a dead letter, when it died
}

// Letter is what an operator sees of an e-mail that did not leave. What it says, and to whom, is not told.
type Letter struct {
	ID       string    `json:"id"`
	Dead     bool      `json:"dead"` // nobody tries it any more
	Since    time.Time `json:"since"`
	Attempts int       `json:"attempts"`
	Problem  string    `json:"problem,omitempty"` // of the last attempt
	At       time.Time `json:"at"`                // of the next attempt; of a dead letter, when it died
}

// Replay names dead letters of an environment.
type Replay struct {
	Environment string `json:"environment"`
	ID          string `json:"id,omitempty"`       // one of them. Empty: all
	ClientID    string `json:"clientId,omitempty"` // of one application. Empty: of all
}

// Replayed counts the dead letters that are tried again.
type Replayed struct {
	Notices int `json:"notices"`
}

// Environment names a tenant by its id.
type Environment struct {
	Environment string `json:"environment"`
}

// Rotation asks for other keys.
type Rotation struct {
	Environment string `json:"environment"`
	// Now is for stolen keys: fresh ones sign at once, and nothing that was signed before is accepted any more.
	Now bool `json:"now,omitempty"`
}

// Person is somebody in a directory, by username or e-mail address.
type Person struct {
	Environment string `json:"environment"`
	Username    string `json:"username"`
}

// NewUser is somebody to be added.
type NewUser struct {
	Environment string   `json:"environment"`
	Username    string   `json:"username"`
	Password    string   `json:"password"` // in the clear; never logged
	Email       string   `json:"email,omitempty"`
	GivenName   string   `json:"givenName,omitempty"`
	FamilyName  string   `json:"familyName,omitempty"`
	Groups      []string `json:"groups,omitempty"`
}

// Password is a new password for somebody.
type Password struct {
	Person
	Password string `json:"password"` // in the clear; never logged
	// MustChange: it is good for choosing another one only.
	MustChange bool `json:"mustChange,omitempty"`
}

// Email is an address for somebody.
type Email struct {
	Person
	Email string `json:"email"` // empty: none
	// Verified: it is known that mail to it reaches them.
	Verified bool `json:"verified,omitempty"`
}

// Switch turns somebody's account on or off.
type Switch struct {
	Person
	Enabled bool `json:"enabled"`
}

// Page is a stretch of a list.
type Page struct {
	Environment string `json:"environment"`
	After       string `json:"after,omitempty"` // Users.Next of the page before. Empty: the first page
	Limit       int    `json:"limit"`           // 1 to 1,000
}

// Users are a page of a directory.
type Users struct {
	Users []User `json:"users"`
	Next  string `json:"next,omitempty"` // empty: this was the last page
}

// User is what an operator sees of somebody.
type User struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Email    string `json:"email,omitempty"`
	// EmailVerified: mail to the address was read. EmailClaimed: nobody but the user says that it is theirs, so it leads nobody to the account.
	EmailVerified bool      `json:"emailVerified,omitempty"`
	EmailClaimed  bool      `json:"emailClaimed,omitempty"`
	GivenName     string    `json:"givenName,omitempty"`
	FamilyName    string    `json:"familyName,omitempty"`
	Groups        []string  `json:"groups,omitempty"`
	Enabled       bool      `json:"enabled"`
	CreatedAt     time.Time `json:"createdAt"`
}

// Key is what an operator sees of a key that signs, or that others encrypt to.
type Key struct {
	ID      string    `json:"kid"`
	Alg     string    `json:"alg"`
	State   string    `json:"state"` // active, next, retired
	Created time.Time `json:"created"`
	From    time.Time `json:"from,omitzero"`  // of a next key: when it will sign, zero on command; of an active one: since when it does
	Until   time.Time `json:"until,omitzero"` // of a retired key: when it is forgotten
}

// Session is what an operator sees of a session. Its id stays inside.
type Session struct {
	Origin       string    `json:"origin"`          // the host it belongs to
	Realm        string    `json:"realm,omitempty"` // the realm of AM's resources that it belongs to, such as /alpha. Empty: the environment itself
	CreatedAt    time.Time `json:"createdAt"`
	LastActivity time.Time `json:"lastActivity"`
	Deadline     time.Time `json:"deadline"` // it ends then unless something happens
	Applications []string  `json:"applications,omitempty"`
}

// Ended counts the sessions that an operation ended.
type Ended struct {
	Sessions int `json:"sessions"`
}

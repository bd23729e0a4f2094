package admin

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"vigil/internal/directory"
	"vigil/internal/keys"
	"vigil/internal/registration"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// Local does the operations on a store of this process. All fields are required but Signing, which only the verbs on keys need,
// Registered, which only those on clients need, Flows, which only those on flows need, and Recorder, which only a server has.
type Local struct {
	Environments []string // ids
	Directory    *directory.Directory
	Live         *store.Sessions
	Signing      *keys.Set
	Registered   *registration.Directory
	Flows        Flows
	Recorder     Recorder // nil: no server runs, and nothing can be recorded
	Now          func() time.Time
	Log          *slog.Logger // hears what commands do to keys. Nil: nobody does
}

// AddUser implements Operations.
func (l *Local) AddUser(ctx context.Context, n NewUser) (User, error) {
	if err := l.knows(n.Environment); err != nil {
		return User{}, err
	}
	if n.Password == "" {
		return User{}, &Error{CodeWeak, "this password is refused: it is empty"}
	}
	added, err := l.Directory.Add(ctx, directory.User{
		EnvironmentID: n.Environment, Username: n.Username, Email: n.Email, GivenName: n.GivenName, FamilyName: n.FamilyName,
		Groups: n.Groups, Enabled: true,
	}, n.Password)
	return view(added), failed(err, fmt.Sprintf("user %q", n.Username))
}

// Users implements Operations.
func (l *Local) Users(ctx context.Context, p Page) (Users, error) {
	if err := l.knows(p.Environment); err != nil {
		return Users{}, err
	}
	if p.Limit < 1 || p.Limit > kv.MaxKeys {
		return Users{}, &Error{CodeInvalid, fmt.Sprintf("limit is 1 to %d", kv.MaxKeys)}
	}
	found, next, err := l.Directory.List(ctx, p.Environment, p.After, p.Limit)
	page := Users{Users: make([]User, len(found)), Next: next}
	for i, u := range found {
		page.Users[i] = view(u)
	}
	return page, failed(err, "directory")
}

// SetPassword implements Operations.
func (l *Local) SetPassword(ctx context.Context, p Password) (Ended, error) {
	u, err := l.find(ctx, p.Person)
	if err != nil {
		return Ended{}, err
	}
	if p.Password == "" {
		return Ended{}, &Error{CodeWeak, "this password is refused: it is empty"}
	}
	if _, err := l.Directory.SetPassword(ctx, u.EnvironmentID, u.ID, p.Password, p.MustChange); err != nil {
		return Ended{}, failed(err, fmt.Sprintf("user %q", p.Username))
	}
	return l.endAll(ctx, u)
}

// SetEnabled implements Operations.
func (l *Local) SetEnabled(ctx context.Context, s Switch) (Ended, error) {
	u, err := l.find(ctx, s.Person)
	if err != nil {
		return Ended{}, err
	}
	if _, err := l.Directory.SetEnabled(ctx, u.EnvironmentID, u.ID, s.Enabled); err != nil {
		return Ended{}, failed(err, fmt.Sprintf("user %q", s.Username))
	}
	if s.Enabled {
		return Ended{}, nil
	}
	return l.endAll(ctx, u)
}

// Keys implements Operations.
func (l *Local) Keys(ctx context.Context, e Environment) ([]Key, error) {
	if err := l.signs(e.Environment); err != nil {
		return nil, err
	}
	if err := l.Signing.Refresh(ctx, l.Now()); err != nil {
		return nil, failed(err, "signing keys")
	}
	return l.describe(e.Environment), nil
}

// RotateKeys implements Operations.
func (l *Local) RotateKeys(ctx context.Context, r Rotation) ([]Key, error) {
	if err := l.signs(r.Environment); err != nil {
		return nil, err
	}
	change := l.Signing.Rotate
	if r.Now {
		change = l.Signing.Replace
	}
	events, err := change(ctx, r.Environment, l.Now())
	if err != nil {
		return nil, failed(err, "signing keys")
	}
	if l.Log != nil {
		for _, e := range events {
			l.Log.WarnContext(ctx, "key changed by command", "environment", e.EnvironmentID, "kid", e.Kid, "alg", e.Alg, "change", string(e.What), "from", e.From, "until", e.Until)
		}
	}
	return l.describe(r.Environment), nil
}

// Sessions implements Operations.
func (l *Local) Sessions(ctx context.Context, p Person) ([]Session, error) {
	u, err := l.find(ctx, p)
	if err != nil {
		return nil, err
	}
	var ids []session.ID
	err = l.Live.KV.View(ctx, func(r kv.Reader) (err error) {
		ids, err = store.SessionsOfUser(r, u.EnvironmentID, u.ID, kv.MaxKeys)
		return err
	})
	if err != nil {
		return nil, failed(err, "sessions")
	}
	live := make([]Session, 0, len(ids))
	for _, id := range ids {
		s, err := l.Live.Load(ctx, id, l.Now())
		if err != nil {
			return nil, failed(err, "sessions")
		}
		if s != nil {
			live = append(live, Session{Origin: s.Origin, Realm: s.Realm, CreatedAt: s.CreatedAt, LastActivity: s.LastActivity, Deadline: s.Deadline(), Applications: s.Applications})
		}
	}
	return live, nil
}

// EndSessions implements Operations.
func (l *Local) EndSessions(ctx context.Context, p Person) (Ended, error) {
	u, err := l.find(ctx, p)
	if err != nil {
		return Ended{}, err
	}
	if u, err = l.Directory.BumpEpoch(ctx, u.EnvironmentID, u.ID); err != nil {
		return Ended{}, failed(err, fmt.Sprintf("user %q", p.Username))
	}
	return l.endAll(ctx, u)
}

// endAll comes after a change of the user's epoch, so that no sign-on under way slips in behind.
func (l *Local) endAll(ctx context.Context, u directory.User) (Ended, error) {
	n, err := l.Live.EndAllOfUser(ctx, u.EnvironmentID, u.ID, l.Now())
	return Ended{n}, failed(err, "sessions")
}

func (l *Local) find(ctx context.Context, p Person) (directory.User, error) {
	if err := l.knows(p.Environment); err != nil {
		return directory.User{}, err
	}
	u, err := l.Directory.Find(ctx, p.Environment, p.Username)
	return u, failed(err, fmt.Sprintf("user %q", p.Username))
}

func (l *Local) knows(environment string) error {
	if slices.Contains(l.Environments, environment) {
		return nil
	}
	return &Error{CodeEnvironment, fmt.Sprintf("there is no environment %q: the configuration has %s", environment, strings.Join(l.Environments, ", "))}
}

func (l *Local) signs(environment string) error {
	if err := l.knows(environment); err != nil {
		return err
	}
	if l.Signing == nil || l.Signing.Ring(environment) == nil {
		return &Error{CodeFailed, "the signing keys were not opened"}
	}
	return nil
}

func (l *Local) describe(environment string) []Key {
	described := l.Signing.Ring(environment).Describe()
	list := make([]Key, len(described))
	for i, d := range described {
		list[i] = Key{ID: d.Kid, Alg: d.Alg, State: string(d.State), Created: d.Created, From: d.From, Until: d.Until}
	}
	return list
}

func view(u directory.User) User {
	return User{
		ID: u.ID, Username: u.Username, Email: u.Email, EmailVerified: u.EmailVerified, EmailClaimed: u.EmailClaimed, GivenName: u.GivenName, FamilyName: u.FamilyName, Groups: u.Groups,
		Enabled: u.Enabled, CreatedAt: u.CreatedAt,
	}
}

package admin

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"vigil/internal/departure"
	"vigil/internal/directory"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// SetEmail implements Operations.
func (l *Local) SetEmail(ctx context.Context, e Email) (User, error) {
	u, err := l.find(ctx, e.Person)
	if err != nil {
		return User{}, err
	}
	if e.Email == "" && e.Verified {
		return User{}, &Error{CodeInvalid, "no address is none that is verified"}
	}
	u, err = l.Directory.Update(ctx, u.EnvironmentID, u.ID, func(u *directory.User) { u.Email, u.EmailClaimed = e.Email, false })
	if errors.Is(err, directory.ErrExists) {
		return User{}, &Error{CodeExists, fmt.Sprintf("%s is the name of another user", e.Email)}
	}
	if err == nil && e.Verified {
		u, err = l.Directory.ProveEmail(ctx, u.EnvironmentID, u.ID, e.Email)
	}
	return view(u), failed(err, fmt.Sprintf("user %q", e.Username))
}

// DeleteUser implements Operations.
func (l *Local) DeleteUser(ctx context.Context, p Person) (Ended, error) {
	u, err := l.find(ctx, p)
	if err != nil {
		return Ended{}, err
	}
	ended, err := departure.New(l.Live.KV, l.Directory, l.Live, l.Now).Delete(ctx, u.EnvironmentID, u.ID)
	return Ended{ended}, failed(err, fmt.Sprintf("user %q", p.Username))
}

// AuditQuery asks for a part of an audit trail.
type AuditQuery struct {
	Environment string    `json:"environment"`
	Since       time.Time `json:"since"`
	Username    string    `json:"username,omitempty"` // name, address or id of whom it is about. Empty: of everybody
	Event       string    `json:"event,omitempty"`    // empty: all
	After       string    `json:"after,omitempty"`    // AuditLines.Next of the part before. Empty: the first part
}

// AuditLines are a part of an audit trail.
type AuditLines struct {
	Lines []AuditLine `json:"lines"`
	Next  string      `json:"next,omitempty"` // empty: this was the last part
}

// AuditLine is what an operator sees of something that a flow recorded.
type AuditLine struct {
	At       time.Time `json:"at"`
	Event    string    `json:"event"`
	UserID   string    `json:"user,omitempty"`
	Text     string    `json:"text,omitempty"`
	Flow     string    `json:"flow,omitempty"`
	Node     string    `json:"node,omitempty"`
	ClientID string    `json:"client,omitempty"`
	Address  string    `json:"address,omitempty"`
}

// Audit implements Operations.
func (l *Local) Audit(ctx context.Context, q AuditQuery) (AuditLines, error) {
	if err := l.knows(q.Environment); err != nil {
		return AuditLines{}, err
	}
	about := q.Username
	if about != "" {
		u, err := l.Directory.Find(ctx, q.Environment, q.Username)
		switch {
		case err == nil:
			about = u.ID
		case !errors.Is(err, directory.ErrNotFound): // somebody who was deleted is named by the id
			return AuditLines{}, failed(err, "directory")
		}
	}
	after, err := base64.RawURLEncoding.DecodeString(q.After)
	if err != nil {
		return AuditLines{}, &Error{CodeInvalid, "after is no place in the trail"}
	}
	if q.After == "" {
		after = nil
	}
	var lines []store.Line
	var next []byte
	err = l.Live.KV.View(ctx, func(r kv.Reader) (err error) {
		lines, next, err = store.Lines(r, q.Since, after, kv.MaxKeys)
		return err
	})
	if err != nil {
		return AuditLines{}, failed(err, "audit trail")
	}
	part := AuditLines{Lines: make([]AuditLine, 0, len(lines)), Next: base64.RawURLEncoding.EncodeToString(next)}
	for _, line := range lines {
		if line.EnvironmentID == q.Environment && (about == "" || line.UserID == about) && (q.Event == "" || line.Event == q.Event) {
			part.Lines = append(part.Lines, AuditLine{
				At: line.At, Event: line.Event, UserID: line.UserID, Text: line.Text, Flow: line.Flow, Node: line.Node,
				ClientID: line.ClientID, Address: line.Address,
			})
		}
	}
	return part, nil
}

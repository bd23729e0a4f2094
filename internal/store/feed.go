package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"vigil/iframe"
	"vigil/internal/session"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// NewsFor is how long news are kept. A reader that was away for longer reads the sessions themselves.
const NewsFor = time.Hour

// NewsKind tells what became of sessions.
type NewsKind string

// The kinds.
const (
	Ended    NewsKind = "ended"
	Extended NewsKind = "extended" // somebody was active: ask the session how long it may idle now
)

// News is one entry of the feed, written in the transaction that made it true.
type News struct {
	Kind     NewsKind
	At       time.Time
	Sessions []session.ID
	// EnvironmentID, Reason and Mark belong to an ending. Mark ends the name of the browser's countdown, see iframe.CountdownMark.
	EnvironmentID string
	Reason        Reason
	Mark          string

	key []byte
}

// news is News as it is written.
type news struct {
	Kind          NewsKind `json:"k"`
	At            int64    `json:"t"` // Unix milliseconds
	Sessions      []byte   `json:"s"` // ids, one after the other
	EnvironmentID string   `json:"env,omitempty"`
	Reason        Reason   `json:"why,omitempty"`
	Mark          string   `json:"p,omitempty"`
}

// noteEnded writes that a session ended.
func noteEnded(tx kv.Tx, s *session.Session, e Ending) error {
	return appendNews(tx, news{
		Kind: Ended, At: e.At.UnixMilli(), Sessions: s.ID[:], EnvironmentID: s.EnvironmentID, Reason: e.Reason, Mark: iframe.CountdownMark(s.Gen),
	})
}

// NoteExtended writes that somebody was active in sessions, one entry for all of them. It belongs to transactions that write the sessions anyway.
func NoteExtended(tx kv.Tx, at time.Time, ids ...session.ID) error {
	if len(ids) == 0 {
		return nil
	}
	all := make([]byte, 0, len(ids)*session.IDSize)
	for _, id := range ids {
		all = append(all, id[:]...)
	}
	return appendNews(tx, news{Kind: Extended, At: at.UnixMilli(), Sessions: all})
}

func appendNews(tx kv.Tx, n news) error {
	value, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode news: %w", err)
	}
	return tx.Append(schema.Feed, value)
}

// ReadNews gives news after a cursor in the order of their commits, at most limit, and the cursor to go on from.
func ReadNews(ctx context.Context, s kv.Store, after kv.Cursor, limit int) ([]News, kv.Cursor, error) {
	entries, next, err := s.Tail(ctx, schema.Feed, after, limit)
	if err != nil {
		return nil, after, err
	}
	read := make([]News, len(entries))
	for i, e := range entries {
		if read[i], err = decodeNews(e); err != nil {
			return nil, after, err
		}
	}
	return read, next, nil
}

func decodeNews(e kv.Entry) (News, error) {
	var n news
	if err := json.Unmarshal(e.Value, &n); err != nil {
		return News{}, fmt.Errorf("decode news: %w", err)
	}
	read := News{Kind: n.Kind, At: time.UnixMilli(n.At), EnvironmentID: n.EnvironmentID, Reason: n.Reason, Mark: n.Mark, key: e.Key}
	for rest := n.Sessions; len(rest) >= session.IDSize; rest = rest[session.IDSize:] {
		read.Sessions = append(read.Sessions, session.ID(rest[:session.IDSize]))
	}
	return read, nil
}

// ForgetNews removes the news before one that ReadNews gave, at most limit. More: there may be others.
func ForgetNews(ctx context.Context, s kv.Store, before News, limit int) (more bool, err error) {
	n, err := s.Prune(ctx, schema.Feed, before.key, limit)
	return n == limit, err
}

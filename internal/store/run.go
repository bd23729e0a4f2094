package store

import (
	"encoding/json"
	"time"

	"vigil/internal/session"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// maxRunsOfSession bounds the runs that one session may have going, and so the size of its ending.
const maxRunsOfSession = 100

// RunID names a run. It begins with the milliseconds of the run's expiry.
type RunID = session.ID

// Run is a flow in progress, or one that ended and was not yet returned to its application.
type Run struct {
	ID            RunID
	EnvironmentID string
	Origin        string // where the browser met the environment
	Prefix        string
	// Realm is whose session the run may begin or join, as in session.Session.
	Realm string
	// BrowserDigest is SHA-256 of the key in the browser that began the run.
	BrowserDigest [32]byte

	// Interaction numbers the forms of a run that an application's own page shows (pi.flow). Zero: pages of ours show them.
	Interaction int
	// Bound: the browser has shown that it keeps the key, so it must bring it with every step. Pages of ours always want it.
	Bound bool

	// Policy chose the flow. Empty: it was named.
	Policy   string
	Flow     string
	FlowHash string
	State    []byte // of the engine
	// Version grows with each step; a step that read another version has lost.
	Version int

	// Request is the authorization request, as package authorize keeps it.
	Request []byte
	// FlowRequest is what the flow may know of it.
	FlowRequest []byte
	// Return is the path that the run goes back to when it has ended. Empty: /as/resume.
	Return string
	// Back is where a browser comes back to from another provider, if a page of the application shows the forms. Nil: it cannot leave for one.
	Back *Back
	// Challenge is what the run answers, where a link opened it. Nil: it signs somebody on.
	Challenge *ChallengeID
	// Alone: a success begins no session.
	Alone bool
	// Recorded: what it does is written down, see Recording.
	Recorded bool
	// Tape is what the step that is about to be written did. Nil: nothing is written down.
	Tape *Tape
	// Application names the relying party to the person.
	Application string
	StartedAt   time.Time
	// StartedIn is the session that lived when the run began. Nil: none.
	StartedIn *session.ID

	Outcome *Outcome // nil: in progress

	stored string // as it was read from the store, or written last
}

// Back is a page of an application.
type Back struct {
	ClientID string `json:"client"`
	URL      string `json:"url"` // one of its redirect URIs
	// Code: the page looks for a code and a state, as AM's clients do; else for a continueToken, as PingOne's do.
	Code bool `json:"code,omitempty"`
}

// Outcome is how a run ended.
type Outcome struct {
	// SessionID is the session that the run started or joined. Nil: it failed, unless Proved.
	SessionID *session.ID `json:"sid,omitempty"`
	// Proved: it succeeded, and no session was wanted.
	Proved bool `json:"proved,omitempty"`
	// ErrorCode and ErrorDescription go to the application.
	ErrorCode        string `json:"err,omitempty"`
	ErrorDescription string `json:"desc,omitempty"`
	// Scopes are what the flow reduced the requested scopes to. Nil: all that were requested.
	Scopes            []string        `json:"scopes,omitzero"`
	ACR               string          `json:"acr,omitempty"`
	ExtraMethods      []string        `json:"amr,omitempty"`
	IDTokenClaims     json.RawMessage `json:"idc,omitempty"`
	AccessTokenClaims json.RawMessage `json:"atc,omitempty"`
	// Device is the request of a device that the flow lets in. Empty: none.
	Device string `json:"dev,omitempty"`
}

// Expires is when the run is over whatever happens.
func (r *Run) Expires() time.Time { return timeOf(r.ID[:]) }

// FindRun reads a run. Nil: there is none.
func FindRun(r kv.Reader, id RunID) (*Run, error) {
	value, err := r.Get(schema.Run, id[:])
	if err != nil || value == nil {
		return nil, err
	}
	run := &Run{ID: id}
	if err := decodeRun(run, value); err != nil {
		return nil, err
	}
	return run, nil
}

// PutNewRun writes a run that begins.
func PutNewRun(tx kv.Tx, run *Run) error {
	if run.StartedIn != nil {
		id := *run.StartedIn
		others, err := tx.Scan(schema.RunBySession, id[:], prefixEnd(id[:]), maxRunsOfSession)
		if err != nil {
			return err
		}
		if len(others) == maxRunsOfSession {
			if err := endRuns(tx, id); err != nil {
				return err
			}
		}
		if err := tx.Put(schema.RunBySession, runKey(id, run.ID), nil); err != nil {
			return err
		}
	}
	return putRun(tx, run)
}

// ReplaceRun writes a run that was read in the same transaction, or is Unchanged there, and raises its version.
func ReplaceRun(tx kv.Tx, run *Run) error {
	run.Version++
	return putRun(tx, run)
}

// Unchanged reports whether the store has a run still as it was read, or written last.
func Unchanged(r kv.Reader, run *Run) (bool, error) {
	value, err := r.Get(schema.Run, run.ID[:])
	return value != nil && string(value) == run.stored, err
}

// DetachRun takes a run out of the session that it began in.
func DetachRun(tx kv.Tx, run *Run) error {
	if run.StartedIn == nil {
		return nil
	}
	key := runKey(*run.StartedIn, run.ID)
	run.StartedIn = nil
	return tx.Delete(schema.RunBySession, key)
}

// TakeRun removes a run that was returned to its application, and reports whether it was still there.
func TakeRun(tx kv.Tx, run *Run) (bool, error) {
	value, err := tx.Get(schema.Run, run.ID[:])
	if err != nil || value == nil {
		return false, err
	}
	left := *run
	if err := DetachRun(tx, &left); err != nil {
		return false, err
	}
	return true, tx.Delete(schema.Run, run.ID[:])
}

func runKey(s session.ID, run RunID) []byte {
	return append(append(make([]byte, 0, 2*session.IDSize), s[:]...), run[:]...)
}

func putRun(tx kv.Tx, run *Run) error {
	if run.Tape != nil {
		if err := PutTape(tx, run.Tape, run.Outcome); err != nil {
			return err
		}
	}
	value, err := encodeRun(run)
	if err != nil {
		return err
	}
	run.stored = string(value)
	return tx.Put(schema.Run, run.ID[:], value)
}

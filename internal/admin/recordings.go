package admin

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// RecordFlow implements Operations.
func (l *Local) RecordFlow(ctx context.Context, n NewRecording) (RecordingOrder, error) {
	switch err := l.knows(n.Environment); {
	case err != nil:
		return RecordingOrder{}, err
	case l.Recorder == nil:
		return RecordingOrder{}, &Error{CodeFailed, "no server runs on this data folder: runs are recorded while they are served"}
	case n.Runs < 1 || n.Runs > MaxRecordedRuns:
		return RecordingOrder{}, &Error{CodeInvalid, fmt.Sprintf("an order is for 1 to %d runs", MaxRecordedRuns)}
	case n.For < time.Second || n.For > MaxRecordedFor:
		return RecordingOrder{}, &Error{CodeInvalid, "an order lasts a second to an hour"}
	}
	o := RecordingOrder{Environment: n.Environment, Flow: n.Flow, Left: n.Runs, Until: l.Now().Add(n.For).UTC()}
	about := fmt.Sprintf("%d runs until %s, by %s", o.Left, o.Until.Format(time.RFC3339), n.By)
	if n.User != "" {
		u, err := l.find(ctx, Person{Environment: n.Environment, Username: n.User})
		if err != nil {
			return RecordingOrder{}, err
		}
		o.UserID, o.Username, o.Email = u.ID, u.Username, u.Email
	}
	if err := l.Recorder.Record(o); err != nil {
		return RecordingOrder{}, failed(err, fmt.Sprintf("flow %q", n.Flow))
	}
	err := l.note(ctx, store.Line{EnvironmentID: n.Environment, Event: "recording.ordered", UserID: o.UserID, Flow: n.Flow, Text: about})
	if err != nil { // nobody is recorded without a note of it
		l.Recorder.StopRecording(n.Environment, n.Flow)
		return RecordingOrder{}, err
	}
	return o, nil
}

// StopRecording implements Operations.
func (l *Local) StopRecording(ctx context.Context, s RecordingStop) (Stopped, error) {
	if err := l.knows(s.Environment); err != nil {
		return Stopped{}, err
	}
	if l.Recorder == nil {
		return Stopped{}, nil
	}
	n := l.Recorder.StopRecording(s.Environment, s.Flow)
	if n == 0 {
		return Stopped{}, nil
	}
	return Stopped{n}, l.note(ctx, store.Line{EnvironmentID: s.Environment, Event: "recording.stopped", Flow: s.Flow, Text: "by " + s.By})
}

// Recordings implements Operations.
func (l *Local) Recordings(ctx context.Context, e Environment) (Recordings, error) {
	if err := l.knows(e.Environment); err != nil {
		return Recordings{}, err
	}
	list := Recordings{Recordings: []Recording{}}
	if l.Recorder != nil {
		list.Orders = l.Recorder.RecordingOrders(e.Environment)
	}
	var told []Recording
	err := l.Live.KV.View(ctx, func(r kv.Reader) error {
		found, err := store.Recordings(r)
		if err != nil {
			return err
		}
		told = make([]Recording, 0, len(found))
		for i := len(found) - 1; i >= 0; i-- {
			if found[i].EnvironmentID != e.Environment {
				continue
			}
			one, err := l.tellRecording(r, found[i])
			if err != nil {
				return err
			}
			told = append(told, one)
		}
		return nil
	})
	list.Recordings = append(list.Recordings, told...)
	return list, failed(err, "recordings")
}

// tellRecording says what became of a run that was recorded.
func (l *Local) tellRecording(r kv.Reader, found *store.Recording) (Recording, error) {
	told := Recording{
		ID: spellRecording(found.ID), Flow: found.Flow, Hash: found.FlowHash, ClientID: found.ClientID, Address: found.Address,
		UserID: found.UserID, Username: found.Username, StartedAt: found.StartedAt, EndedAt: found.EndedAt, Ending: found.Ending,
		Node: found.Node, Events: found.Events, Full: found.Full,
	}
	if found.First != nil {
		told.First = spellRecording(*found.First)
	}
	if told.Ending != "" {
		return told, nil
	}
	if !l.Now().Before(found.RunExpires) {
		told.Ending, told.EndedAt = "left", found.RunExpires
		return told, nil
	}
	run, err := store.FindRun(r, found.RunID())
	if err == nil && run == nil { // what ends a session ends the runs in it
		told.Ending = "signedOff"
	}
	return told, err
}

func spellRecording(id store.RecordingID) string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// recording finds one by what operators call it.
func (l *Local) recording(ctx context.Context, n RecordingName, read func(kv.Reader, *store.Recording) error) error {
	if err := l.knows(n.Environment); err != nil {
		return err
	}
	missing := &Error{CodeNotFound, fmt.Sprintf("there is no recording %q", n.ID)}
	raw, err := base64.RawURLEncoding.DecodeString(n.ID)
	if err != nil || len(raw) != session.IDSize {
		return missing
	}
	err = l.Live.KV.View(ctx, func(r kv.Reader) error {
		found, err := store.FindRecording(r, store.RecordingID(raw))
		switch {
		case err != nil:
			return err
		case found == nil || found.EnvironmentID != n.Environment:
			return missing
		}
		return read(r, found)
	})
	return failed(err, "recording")
}

// Recorded implements Operations.
func (l *Local) Recorded(ctx context.Context, n RecordingName) (Recorded, error) {
	var whole Recorded
	err := l.recording(ctx, n, func(r kv.Reader, found *store.Recording) error {
		told, err := l.tellRecording(r, found)
		if err != nil {
			return err
		}
		lines, err := store.Recorded(r, found.ID)
		if err != nil {
			return err
		}
		sources, err := store.KeptFlow(r, found.FlowHash)
		whole = Recorded{told, string(lines), bytes.Clone(sources)}
		return err
	})
	if err != nil {
		return Recorded{}, err
	}
	return whole, l.note(ctx, store.Line{EnvironmentID: n.Environment, Event: "recording.read", UserID: whole.UserID, Flow: whole.Flow, Text: n.ID + ", by " + n.By})
}

// DeleteRecordings implements Operations.
func (l *Local) DeleteRecordings(ctx context.Context, n RecordingName) (Deleted, error) {
	var ids []store.RecordingID
	var err error
	if n.ID != "" {
		err = l.recording(ctx, n, func(_ kv.Reader, found *store.Recording) error {
			ids = []store.RecordingID{found.ID}
			return nil
		})
	} else if err = l.knows(n.Environment); err == nil {
		ids, err = l.recordingsOf(ctx, n.Environment)
	}
	if err != nil {
		return Deleted{}, err
	}
	var done Deleted
	for _, id := range ids {
		found, err := store.DeleteRecording(ctx, l.Live.KV, id)
		if err != nil {
			return done, failed(err, "recordings")
		}
		if found {
			done.Recordings++
		}
	}
	return done, l.note(ctx, store.Line{EnvironmentID: n.Environment, Event: "recording.deleted", Text: fmt.Sprintf("%d, by %s", done.Recordings, n.By)})
}

func (l *Local) recordingsOf(ctx context.Context, environment string) (ids []store.RecordingID, err error) {
	err = l.Live.KV.View(ctx, func(r kv.Reader) error {
		found, err := store.Recordings(r)
		list := make([]store.RecordingID, 0, len(found))
		for _, one := range found {
			if one.EnvironmentID == environment {
				list = append(list, one.ID)
			}
		}
		ids = list
		return err
	})
	return ids, failed(err, "recordings")
}

// maxNote bounds the text of a line that says who did what, in bytes.
const maxNote = 400

// note writes a line of the audit trail.
func (l *Local) note(ctx context.Context, line store.Line) error {
	var random [16]byte
	if _, err := io.ReadFull(l.Directory.Random, random[:]); err != nil {
		return failed(err, "audit trail")
	}
	line.At, line.Text = l.Now().UTC(), line.Text[:min(len(line.Text), maxNote)]
	put := func(tx kv.Tx) error { return store.PutLine(tx, line, random) }
	err := l.Live.KV.Update(ctx, put)
	if errors.Is(err, kv.ErrUnknownOutcome) {
		err = l.Live.KV.Update(ctx, put) // the same line under the same key
	}
	return failed(err, "audit trail")
}

// RecordFlow implements Operations.
func (c *Client) RecordFlow(ctx context.Context, n NewRecording) (RecordingOrder, error) {
	return call[RecordingOrder](ctx, c, pathRecord, n)
}

// StopRecording implements Operations.
func (c *Client) StopRecording(ctx context.Context, s RecordingStop) (Stopped, error) {
	return call[Stopped](ctx, c, pathStopRecording, s)
}

// Recordings implements Operations.
func (c *Client) Recordings(ctx context.Context, e Environment) (Recordings, error) {
	return call[Recordings](ctx, c, pathRecordings, e)
}

// Recorded implements Operations.
func (c *Client) Recorded(ctx context.Context, n RecordingName) (Recorded, error) {
	return call[Recorded](ctx, c, pathRecorded, n)
}

// DeleteRecordings implements Operations.
func (c *Client) DeleteRecordings(ctx context.Context, n RecordingName) (Deleted, error) {
	return call[Deleted](ctx, c, pathDeleteRecordings, n)
}

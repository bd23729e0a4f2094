package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vigil/engine/spelling"
	"vigil/internal/session"
)

// runFormat is the first byte of an encoded run.
const runFormat = 1

var errRunFormat = errors.New("decode run: not a run of this format")

// What a run has or is, as bits.
const (
	runBound = 1 << iota
	runAlone
	runChallenge
	runStartedIn
	runRecorded
)

// runBack tells that an application's page gets the browser back from another provider.
const runBack = 1 << 6

// encodeRun spells a run, which is written at every step of it: texts with their length, numbers as varints, what others encoded as it is.
func encodeRun(r *Run) ([]byte, error) {
	var outcome []byte
	if r.Outcome != nil {
		var err error
		if outcome, err = json.Marshal(r.Outcome); err != nil {
			return nil, fmt.Errorf("encode run: %w", err)
		}
	}
	b := make([]byte, 0, 512+len(r.State)+len(r.Request)+len(r.FlowRequest)+len(outcome))
	b = append(b, runFormat, r.bits())
	b = append(b, r.BrowserDigest[:]...)
	for _, text := range r.texts() {
		b = spelling.AppendText(b, *text)
	}
	for _, raw := range r.raws() {
		b = spelling.AppendText(b, *raw)
	}
	b = spelling.AppendText(b, outcome)
	b = spelling.AppendInt(b, int64(r.Interaction))
	b = spelling.AppendInt(b, int64(r.Version))
	b = spelling.AppendInt(b, r.StartedAt.UnixNano())
	if r.Challenge != nil {
		b = append(b, r.Challenge[:]...)
	}
	if r.StartedIn != nil {
		b = append(b, r.StartedIn[:]...)
	}
	if r.Back != nil {
		b = spelling.AppendBool(spelling.AppendText(spelling.AppendText(b, r.Back.ClientID), r.Back.URL), r.Back.Code)
	}
	return b, nil
}

func (r *Run) bits() (bits byte) {
	if r.Back != nil {
		bits |= runBack
	}
	if r.Bound {
		bits |= runBound
	}
	if r.Alone {
		bits |= runAlone
	}
	if r.Challenge != nil {
		bits |= runChallenge
	}
	if r.StartedIn != nil {
		bits |= runStartedIn
	}
	if r.Recorded {
		bits |= runRecorded
	}
	return bits
}

// texts and raws are the fields of a run in the order in which they are written.
func (r *Run) texts() [9]*string {
	return [...]*string{&r.EnvironmentID, &r.Origin, &r.Prefix, &r.Realm, &r.Policy, &r.Flow, &r.FlowHash, &r.Return, &r.Application}
}

func (r *Run) raws() [3]*[]byte {
	return [...]*[]byte{&r.State, &r.Request, &r.FlowRequest}
}

// decodeRun reads what encodeRun wrote into a run that has its id.
func decodeRun(r *Run, value []byte) error {
	r.stored = string(value)
	from := spelling.Read(r.stored)
	if from.Byte() != runFormat {
		return errRunFormat
	}
	bits := from.Byte()
	r.Bound, r.Alone, r.Recorded = bits&runBound != 0, bits&runAlone != 0, bits&runRecorded != 0
	copy(r.BrowserDigest[:], from.Take(len(r.BrowserDigest)))
	for _, into := range r.texts() {
		*into = from.Text()
	}
	for _, into := range r.raws() {
		if text := from.Text(); text != "" {
			*into = []byte(text)
		}
	}
	outcome := from.Text()
	r.Interaction, r.Version = int(from.Int()), int(from.Int())
	r.StartedAt = time.Unix(0, from.Int()).UTC()
	if bits&runChallenge != 0 {
		r.Challenge = new(ChallengeID)
		copy(r.Challenge[:], from.Take(len(r.Challenge)))
	}
	if bits&runStartedIn != 0 {
		r.StartedIn = new(session.ID)
		copy(r.StartedIn[:], from.Take(len(r.StartedIn)))
	}
	if bits&runBack != 0 {
		r.Back = &Back{ClientID: from.Text(), URL: from.Text(), Code: from.Bool()}
	}
	if !from.Whole() {
		return errRunFormat
	}
	if outcome == "" {
		return nil
	}
	r.Outcome = &Outcome{}
	if err := json.Unmarshal([]byte(outcome), r.Outcome); err != nil {
		return fmt.Errorf("decode outcome of run: %w", err)
	}
	return nil
}

package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vigil/internal/session"
)

// runFormat is the first byte of an encoded run. Earlier programs wrote JSON, which begins with a brace.
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

// encodeRun spells a run, which is written at every step of it: texts with their length, numbers as varints, what is JSON as it is.
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
		b = appendText(b, *text)
	}
	for _, raw := range r.raws() {
		b = appendText(b, string(*raw))
	}
	b = appendText(b, string(outcome))
	b = binary.AppendVarint(b, int64(r.Interaction))
	b = binary.AppendVarint(b, int64(r.Version))
	b = binary.AppendVarint(b, r.StartedAt.UnixNano())
	if r.Challenge != nil {
		b = append(b, r.Challenge[:]...)
	}
	if r.StartedIn != nil {
		b = append(b, r.StartedIn[:]...)
	}
	if r.Back != nil {
		b = append(appendText(appendText(b, r.Back.ClientID), r.Back.URL), codeByte(r.Back.Code))
	}
	return b, nil
}

func codeByte(code bool) byte {
	if code {
		return 1
	}
	return 0
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

func (r *Run) raws() [3]*json.RawMessage {
	return [...]*json.RawMessage{&r.State, &r.Request, &r.FlowRequest}
}

// decodeRun reads what encodeRun wrote, or an earlier program, into a run that has its id.
func decodeRun(r *Run, value []byte) error {
	if len(value) > 0 && value[0] == '{' {
		if err := json.Unmarshal(value, r); err != nil {
			return fmt.Errorf("decode run: %w", err)
		}
		return nil
	}
	d := decoder{rest: string(value)}
	if d.byte() != runFormat {
		return errRunFormat
	}
	bits := d.byte()
	r.Bound, r.Alone, r.Recorded = bits&runBound != 0, bits&runAlone != 0, bits&runRecorded != 0
	copy(r.BrowserDigest[:], d.take(len(r.BrowserDigest)))
	for _, into := range r.texts() {
		*into = d.text()
	}
	for _, into := range r.raws() {
		if text := d.text(); text != "" {
			*into = json.RawMessage(text)
		}
	}
	outcome := d.text()
	r.Interaction, r.Version = int(d.varint()), int(d.varint())
	r.StartedAt = time.Unix(0, d.varint()).UTC()
	if bits&runChallenge != 0 {
		r.Challenge = new(ChallengeID)
		copy(r.Challenge[:], d.take(len(r.Challenge)))
	}
	if bits&runStartedIn != 0 {
		r.StartedIn = new(session.ID)
		copy(r.StartedIn[:], d.take(len(r.StartedIn)))
	}
	if bits&runBack != 0 {
		r.Back = &Back{ClientID: d.text(), URL: d.text(), Code: d.byte() == 1}
	}
	if d.broken || d.rest != "" {
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

package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"vigil/engine/connector"
	"vigil/engine/spelling"
)

// stateFormat is the first byte of a spelled state. Earlier programs wrote JSON, which begins with a brace.
const stateFormat = 1

// How a value of a frame is spelled: most are texts, all others are JSON as in Values.
const (
	asText = iota
	asJSON
)

var errFormat = errors.New("decode state: not a state of this format")

// MarshalBinary implements encoding.BinaryMarshaler: hosts write a state at every step. Equal states are spelled alike.
func (s State) MarshalBinary() ([]byte, error) {
	b := append(make([]byte, 0, 512), stateFormat)
	b = spelling.AppendTime(spelling.AppendText(b, s.FlowHash), s.StartedAt)
	b = spelling.AppendCount(b, len(s.Frames))
	for i := range s.Frames {
		var err error
		if b, err = s.Frames[i].spell(b); err != nil {
			return nil, fmt.Errorf("encode state: %w", err)
		}
	}
	b = spelling.AppendCount(b, len(s.Proofs))
	for _, p := range s.Proofs {
		b = spelling.AppendText(spelling.AppendText(b, p.AccountID), p.Method)
		b = spelling.AppendText(spelling.AppendTime(b, p.At), p.SessionID)
	}
	count := func(b []byte, n int) []byte { return spelling.AppendInt(b, int64(n)) }
	b = count(spellMap(spellMap(b, s.Entries, count), s.Shows, count), s.Steps)
	b = spelling.AppendBool(spelling.AppendText(b, s.Sealed), s.Opened != nil)
	if s.Opened != nil {
		b = spelling.AppendInt(spelling.AppendText(b, s.Opened.AccountID), int64(s.Opened.Epoch))
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary spelled, or an earlier program wrote.
func (s *State) UnmarshalBinary(data []byte) error {
	*s = State{}
	if len(data) > 0 && data[0] == '{' {
		return json.Unmarshal(data, s)
	}
	r := spelling.Read(string(data))
	if r.Byte() != stateFormat {
		return errFormat
	}
	s.FlowHash, s.StartedAt = r.Text(), r.Time()
	for range r.Count() {
		s.Frames = append(s.Frames, readFrame(&r))
	}
	for range r.Count() {
		s.Proofs = append(s.Proofs, Proved{connector.Proof{AccountID: r.Text(), Method: r.Text(), At: r.Time()}, r.Text()})
	}
	count := func(r *spelling.Reader) int { return int(r.Int()) }
	s.Entries, s.Shows, s.Steps = readMap(&r, count), readMap(&r, count), count(&r)
	if sealed := r.Text(); sealed != "" {
		s.Sealed = []byte(sealed)
	}
	if r.Bool() {
		s.Opened = &Opened{r.Text(), uint64(r.Int())}
	}
	if !r.Whole() {
		return errFormat
	}
	return nil
}

func (f *Frame) spell(b []byte) (_ []byte, err error) {
	values := func(b []byte, v Values) []byte {
		return spellMap(b, v, func(b []byte, value any) []byte {
			if text, is := value.(string); is {
				return spelling.AppendText(append(b, asText), text)
			}
			tagged, wrong := tag(value)
			raw, unwritten := json.Marshal(tagged)
			err = errors.Join(err, wrong, unwritten)
			return spelling.AppendText(append(b, asJSON), raw)
		})
	}
	typed := func(b []byte, fields map[string]string) []byte {
		return spellMap(b, fields, spelling.AppendText[string])
	}
	b = values(values(spelling.AppendText(b, f.Node), f.Inputs), f.Vars)
	b = spellMap(spellMap(b, f.Outputs, values), f.Kept, typed)
	w := &f.Waiting
	b = spelling.AppendText(spelling.AppendText(spelling.AppendText(b, w.Message), w.Field), w.Notice)
	return spellMap(b, w.Problems, spelling.AppendText[Problem]), err
}

func readFrame(r *spelling.Reader) Frame {
	value := func(r *spelling.Reader) any {
		kind, text := r.Byte(), r.Text()
		if kind == asText {
			return text
		}
		value, err := untag(json.RawMessage(text))
		if err != nil {
			r.Break()
		}
		return value
	}
	values := func(r *spelling.Reader) Values { return readMap(r, value) }
	typed := func(r *spelling.Reader) map[string]string { return readMap(r, (*spelling.Reader).Text) }
	problem := func(r *spelling.Reader) Problem { return Problem(r.Text()) }
	return Frame{
		Node: r.Text(), Inputs: values(r), Vars: values(r), Outputs: readMap(r, values), Kept: readMap(r, typed),
		Waiting: Waiting{Message: r.Text(), Field: r.Text(), Notice: r.Text(), Problems: readMap(r, problem)},
	}
}

// spellMap spells a map in the order of its names.
func spellMap[V any](b []byte, m map[string]V, spell func([]byte, V) []byte) []byte {
	b = spelling.AppendCount(b, len(m))
	var room [8]string // for the usual number of names
	names := room[:0]
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		b = spell(spelling.AppendText(b, name), m[name])
	}
	return b
}

// readMap reads a map. Nil: it is empty.
func readMap[V any](r *spelling.Reader, read func(*spelling.Reader) V) map[string]V {
	n := r.Count()
	if n == 0 {
		return nil
	}
	m := make(map[string]V, n)
	for range n {
		name := r.Text()
		m[name] = read(r)
	}
	return m
}

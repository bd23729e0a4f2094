package flowhost

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"vigil/engine/connector"
	"vigil/engine/run"
	"vigil/engine/trace"
	"vigil/internal/store"
)

// maxEvent is the longest event of a recording, in bytes.
const maxEvent = 16 << 10

// maxMet is how many users a recording names.
const maxMet = 100

// tape takes down one step of a run. The machine and its capabilities speak to it from several goroutines.
type tape struct {
	recordings *Recordings
	order      *Order // whose person has not been met. Nil: the run is recorded whoever it meets
	recording  store.Recording
	before     []byte // what was held of the run
	isNew      bool   // nothing of it is in the store
	now        time.Time
	room       int

	mu       sync.Mutex
	over     bool
	met      bool
	recorder *trace.Recorder
	out      bytes.Buffer
	asking   *connector.Call // what a capability was asked that has not answered
}

// open makes a tape ready to write.
func (t *tape) open() *tape {
	t.room = t.recording.Room()
	if t.order != nil {
		t.room = maxHeldBytes
	}
	t.room -= len(t.before)
	t.recorder = trace.NewRecorder(t, func() time.Time { return t.now })
	t.recorder.Continue(t.recording.Events)
	t.recorder.Watch, t.recorder.Most, t.recorder.Heard = t.recordings.Clock, maxEvent, t.heard
	t.recorder.Key = t.recordings.keyOf(t.recording.ID)
	return t
}

// Write implements io.Writer for the recorder: what there is no room for is dropped, with all that follows.
func (t *tape) Write(line []byte) (int, error) {
	if t.recording.Full || len(line) > t.room-t.out.Len() {
		t.recording.Full = true
		return len(line), nil
	}
	return t.out.Write(line)
}

// heard notes whom the run meets.
func (t *tape) heard(e trace.Event) {
	for _, value := range e.Output {
		switch value := value.(type) {
		case connector.AccountValue:
			t.meets(value)
		case connector.UserValue:
			t.meets(value.AccountValue)
		case connector.SessionValue:
			t.meets(value.User.AccountValue)
		}
	}
	if e.Session != nil {
		t.meets(e.Session.User.AccountValue)
	}
	if e.Opened != nil {
		t.meets(e.Opened.Account)
	}
	if e.Request != nil {
		t.named(e.Request.LoginHint)
	}
	for _, text := range e.Values {
		t.named(text)
	}
	if e.Kind == trace.Shown {
		t.recording.Node = e.Node
	}
}

func (t *tape) meets(a connector.AccountValue) {
	t.recording.UserID, t.recording.Username = a.ID, a.Username
	if !slices.Contains(t.recording.Met, a.ID) && len(t.recording.Met) < maxMet {
		t.recording.Met = append(slices.Clip(t.recording.Met), a.ID)
	}
	t.met = t.met || t.order != nil && a.ID == t.order.UserID
}

func (t *tape) named(text string) {
	if t.order == nil {
		return
	}
	name := strings.ToLower(strings.TrimSpace(text))
	t.met = t.met || name != "" && (name == t.order.Username || name == t.order.Email)
}

// finds notes whose session the browser has, if that changed.
func (t *tape) finds(s *connector.SessionValue) {
	mark := markOf(s)
	if mark != t.recording.Session && !t.isFirst() {
		t.recorder.Found(s)
	}
	t.recording.Session = mark
}

func (t *tape) isFirst() bool { return t.recorder.Events() == 0 }

// asks and told wrap what a capability does.
func (t *tape) asks(call *connector.Call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asking = call
}

func (t *tape) told(call *connector.Call, result connector.Result, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asking != call || t.over { // the machine gave it up
		return
	}
	t.asking = nil
	t.recorder.Asked(*call, result, err)
}

// passed notes a way. One out of a capability that has not answered says that it was given up, or broke.
func (t *tape) passed(p run.Passage) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.asking; c != nil && c.Flow == p.Flow && c.Node == p.Node {
		t.asking = nil
		t.recorder.Asked(*c, connector.Result{}, errors.Join(errUnanswered, p.Err))
	}
	t.recorder.Passed(p)
}

var errUnanswered = errors.New("it did not answer")

// capabilities are those of the host, which this tape hears of.
func (t *tape) capabilities() *connector.Registry {
	registry := t.recordings.Registry
	all := make([]connector.Capability, 0, len(registry.Names()))
	for _, name := range registry.Names() {
		c := *registry.Lookup(name)
		if work := c.Run; work != nil {
			c.Run = func(ctx context.Context, call connector.Call) (connector.Result, error) {
				t.asks(&call)
				result, err := work(ctx, call)
				t.told(&call, result, err)
				return result, err
			}
		}
		all = append(all, c)
	}
	return connector.NewRegistry(all...)
}

// hears is what other devices answer, heard of by a tape.
type hears struct {
	run.Challenges
	tape *tape
}

// Reply implements run.Challenges.
func (c hears) Reply(ctx context.Context, environmentID string, challenge connector.ChallengeValue, now time.Time) (run.Reply, error) {
	reply, err := c.Challenges.Reply(ctx, environmentID, challenge, now)
	if err == nil && reply.State != run.Pending {
		c.tape.mu.Lock()
		defer c.tape.mu.Unlock()
		c.tape.recorder.Polled(reply)
	}
	return reply, err
}

// close ends the step, and gives what is to be written with it.
func (t *tape) close(effect run.Effect) *store.Tape {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.recorder.Came(effect)
	t.over = true
	t.recording.Events = t.recorder.Events()
	_, waits := effect.(run.Page)
	all := slices.Concat(t.before, t.out.Bytes())
	written := &store.Tape{New: t.isNew, From: t.recording.Chunks, At: t.now}
	if t.order != nil {
		id, h := t.recording.ID, held{t.order, t.recording, all}
		written.Written = func() { t.recordings.letGo(id) }
		if !t.met || !t.recordings.meets(t.order) {
			if written.Unwritten = true; waits && !t.met {
				written.Written = func() { t.recordings.hold(id, h) }
			}
			return written
		}
	}
	lines := store.Cut(all)
	written.Lines = lines
	t.recording.Chunks += len(lines)
	for _, chunk := range lines {
		t.recording.Bytes += len(chunk)
	}
	written.Recording = t.recording
	return written
}

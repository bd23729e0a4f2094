package events

import (
	"fmt"
	"net/http"
	"time"

	"vigil/iframe"
	"vigil/internal/feed"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
)

const (
	// heartbeat is shorter than the patience of common proxies, a minute.
	heartbeat = 25 * time.Second
	// writeWithin is how long a browser may take to accept an event.
	writeWithin = 10 * time.Second
	// A stream lives for maxAge and up to as long again as ageSpread, by its session, so that a browser notices within a quarter of an hour
	// that a connection is dead, and not all come again at once.
	maxAge    = 10 * time.Minute
	ageSpread = 5 * time.Minute
)

// event is one message of a stream: a name and JSON.
type event struct{ name, data string }

func ended(mark string) event { return event{"ended", fmt.Sprintf(`{"p":%q}`, mark)} }

func extended(mark string, left time.Duration) event {
	return event{"extended", fmt.Sprintf(`{"p":%q,"left":%d}`, mark, left/time.Second)}
}

// quiet says that there is nothing to hear until the browser's cookies are others.
func quiet() event { return event{"quiet", "{}"} }

// stream is one answer that goes on.
type stream struct {
	endpoint *Endpoint
	w        http.ResponseWriter
	r        *http.Request
	base     tenant.Base
	// mark names the countdown of the session. Empty: the reader is not to know it, nor has it a countdown to keep.
	mark string
	// nextTicket opens the reader's next stream. Empty: its cookies do.
	nextTicket string

	control *http.ResponseController
	// deadline is the session's as the reader knows it.
	deadline time.Time
}

// begin sends the headers.
func (x *stream) begin() error {
	h := x.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would keep events back
	x.control = http.NewResponseController(x.w)
	x.w.WriteHeader(http.StatusOK)
	return x.write(":\n\n")
}

// only sends events and ends.
func (x *stream) only(events ...event) error {
	if err := x.begin(); err != nil {
		return nil
	}
	for _, e := range events {
		if x.send(e) != nil {
			return nil
		}
	}
	return nil
}

func (x *stream) send(e event) error {
	return x.write("event: " + e.name + "\ndata: " + e.data + "\n\n")
}

// write fails when the browser is gone or does not read.
func (x *stream) write(text string) error {
	// The server's deadline is for answers that end. An error says that the connection has none.
	_ = x.control.SetWriteDeadline(x.endpoint.Clock().Add(writeWithin))
	if _, err := x.w.Write([]byte(text)); err != nil {
		return err
	}
	return x.control.Flush()
}

// follow streams what becomes of a session. An error that comes before the headers is the answer; later the connection just ends.
func (x *stream) follow(id session.ID) error {
	e := x.endpoint
	slot, ok := e.slots.take(id, e.Address(x.r))
	if !ok {
		x.w.Header().Set("Retry-After", "30")
		return refuse(x.w, http.StatusServiceUnavailable, "temporarily_unavailable", "too many streams")
	}
	defer slot.free()
	heard := e.Feed.Subscribe(id) // before the session is read, so that nothing falls in between
	defer heard.Close()
	s, now, err := e.load(x.r.Context(), id)
	if err != nil {
		return err
	}
	if x.begin() != nil || x.nextTicket != "" && x.send(event{"ticket", fmt.Sprintf(`{"ticket":%q}`, x.nextTicket)}) != nil {
		return nil
	}
	if s == nil {
		_ = x.send(x.last(x.mark, ""))
		return nil
	}
	if x.keep(s, now) != nil {
		return nil
	}
	beat, age := time.NewTicker(heartbeat), time.NewTimer(maxAge+ageSpread*time.Duration(id[session.IDSize-1])/256)
	defer beat.Stop()
	defer age.Stop()
	for x.news(heard, id) {
		select {
		case <-heard.News:
		case <-beat.C:
			if x.write(":\n\n") != nil {
				return nil
			}
		case <-age.C:
			return nil
		case <-slot.evicted:
			return nil
		case <-e.closing:
			return nil
		case <-x.r.Context().Done():
			return nil
		}
	}
	return nil
}

// news tells what is new. False: there is no more to tell.
func (x *stream) news(heard *feed.Subscription, id session.ID) (more bool) {
	if end := heard.Ended(); end != nil {
		_ = x.send(x.last(end.Mark, end.Reason))
		return false
	}
	s, now, err := x.endpoint.load(x.r.Context(), id)
	if err != nil {
		return false // the page comes again
	}
	// Gone, and why is not known yet: the feed is about to tell. Timed out: the countdown told already, and the sweeper's word comes.
	return s == nil || x.keep(s, now) == nil
}

// last is the event of the session's end.
func (x *stream) last(mark string, reason store.Reason) event {
	switch {
	case silent(x.base.Environment, reason):
		return quiet()
	case x.mark == "":
		return ended("")
	}
	return ended(mark)
}

// keep tells how long the session may idle, if that is news.
func (x *stream) keep(s *session.Session, now time.Time) error {
	moved := s.Deadline().Sub(x.deadline)
	if x.mark == "" || moved > -time.Second && moved < time.Second {
		return nil
	}
	x.deadline = s.Deadline()
	return x.send(extended(iframe.CountdownMark(s.Gen), useragent.Left(s, now)))
}

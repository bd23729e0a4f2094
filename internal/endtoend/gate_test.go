package endtoend

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"vigil/internal/fixture"
)

// request is one line of the provider's access log.
type request struct {
	at     time.Time // when it had been answered
	method string
	path   string
	status int
}

func (r request) String() string { return fmt.Sprintf("%s %s %d", r.method, r.path, r.status) }

// accessLog keeps what the server logs.
type accessLog struct {
	mu       sync.Mutex
	requests []request
	streams  []request // of server-sent events, when they had ended
	failed   []string
}

func (l *accessLog) logger() *slog.Logger { return slog.New(l) }

// Enabled implements slog.Handler.
func (l *accessLog) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs implements slog.Handler; the server gives its logger none.
func (l *accessLog) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup implements slog.Handler; the server's logger has none.
func (l *accessLog) WithGroup(string) slog.Handler { return l }

// Handle implements slog.Handler.
func (l *accessLog) Handle(_ context.Context, record slog.Record) error {
	values := map[string]slog.Value{}
	record.Attrs(func(a slog.Attr) bool {
		values[a.Key] = a.Value
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case record.Message == "request" && values["path"].String() == "/as/session/events":
		l.streams = append(l.streams, request{at: record.Time, status: int(values["status"].Int64())})
	case record.Message == "request":
		l.requests = append(l.requests, request{
			at: record.Time, method: values["method"].String(), path: values["path"].String(), status: int(values["status"].Int64()),
		})
	case record.Level >= slog.LevelError:
		l.failed = append(l.failed, fmt.Sprint(record.Message, values))
	}
	return nil
}

func (l *accessLog) failures() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.failed)
}

// since gives the requests after the first n.
func (l *accessLog) since(n int) []request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.requests[n:])
}

// statusOf gives the statuses that a path was answered with after the first n requests.
func (l *accessLog) statusOf(n int, path string) []int {
	var statuses []int
	for _, r := range l.since(n) {
		if r.path == path {
			statuses = append(statuses, r.status)
		}
	}
	return statuses
}

// gate stands before the server, knows what it is busy with, and can keep an answer back that the server has given.
type gate struct {
	next    http.Handler
	busy    atomic.Int32 // requests in work, but for streams
	streams atomic.Int32 // of server-sent events on which something was said and that go on

	mu   sync.Mutex
	held map[string]*held // by path
}

// held is an answer that is kept back.
type held struct {
	given   chan struct{} // closed when the server has answered
	release func()        // lets the answer go to the browser
	let     chan struct{}
}

// hold keeps the next answer to a path back.
func (g *gate) hold(path string) *held {
	h := &held{given: make(chan struct{}), let: make(chan struct{})}
	h.release = sync.OnceFunc(func() { close(h.let) })
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.held == nil {
		g.held = map[string]*held{}
	}
	g.held[path] = h
	return h
}

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	h := g.held[r.URL.Path]
	if r.Method != http.MethodOptions {
		delete(g.held, r.URL.Path)
	} else {
		h = nil
	}
	g.mu.Unlock()
	switch {
	case r.URL.Path == "/as/session/events":
		s := &spoken{ResponseWriter: w}
		s.first = sync.OnceFunc(func() { g.streams.Add(1) })
		g.next.ServeHTTP(s, r)
		s.first()
		g.streams.Add(-1)
		return
	case h == nil:
		g.serve(w, r)
		return
	}
	answer := httptest.NewRecorder()
	g.serve(answer, r)
	close(h.given)
	select {
	case <-h.let:
	case <-r.Context().Done():
		return
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

func (g *gate) serve(w http.ResponseWriter, r *http.Request) {
	g.busy.Add(1)
	defer g.busy.Add(-1)
	g.next.ServeHTTP(w, r)
}

// spoken tells of the first word of a stream.
type spoken struct {
	http.ResponseWriter
	first func()
}

// Unwrap is for http.ResponseController.
func (s *spoken) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// Write implements io.Writer.
func (s *spoken) Write(text []byte) (int, error) {
	s.first()
	return s.ResponseWriter.Write(text)
}

// asked counts the requests that were answered so far, when none is in work.
func (w *world) asked() int {
	w.t.Helper()
	fixture.Until(w.t, "the server has nothing in work", func() bool { return w.gate.busy.Load() == 0 })
	return len(w.log.since(0))
}

// request waits for a request to a path after the first n.
func (w *world) request(n int, path string) (found request) {
	w.t.Helper()
	fixture.Until(w.t, path+" is asked for", func() bool {
		for _, r := range w.log.since(n) {
			if r.path == path {
				found = r
			}
		}
		return found.path != ""
	})
	return found
}

// follow waits until the browser listens to the server: from then on the countdown is what the stream said.
func (w *world) follow() {
	w.t.Helper()
	fixture.Until(w.t, "the browser's stream is open", func() bool { return w.gate.streams.Load() > 0 })
}

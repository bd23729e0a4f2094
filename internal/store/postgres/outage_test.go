package postgres

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"vigil/internal/store/kv"
)

// wire stands between a store and the server.
type wire struct {
	server string

	listening chan struct{} // closed when the connection that hears other nodes has said its last word
	listens   sync.Once

	mu   sync.Mutex
	open []net.Conn
	cut  func(sent []byte) (forward, end bool) // nil: everything passes
}

func newWire(t *testing.T) (*wire, *Address) {
	t.Helper()
	u, err := url.Parse(newAddress(t, shared).pool.ConnString())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{server: u.Host, listening: make(chan struct{})}
	u.Host = listener.Addr().String()
	a := mustParse(t, u.String()+"&pool_max_conns=1")
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { w.serve(client) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		w.endAll()
		running.Wait()
	})
	return w, a
}

func (w *wire) serve(client net.Conn) {
	w.mu.Lock()
	to := w.server
	w.mu.Unlock()
	server, err := net.Dial("tcp", to)
	if err != nil {
		_ = client.Close()
		return
	}
	w.mu.Lock()
	w.open = append(w.open, client, server)
	w.mu.Unlock()
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	})
	buffer := make([]byte, 1<<20)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			break
		}
		w.mu.Lock()
		forward, end := true, false
		if w.cut != nil {
			forward, end = w.cut(buffer[:n])
		}
		w.mu.Unlock()
		if end {
			_ = client.Close() // before the answer
		}
		if forward {
			_, _ = server.Write(buffer[:n])
		}
		if bytes.Contains(buffer[:n], []byte("LISTEN ")) {
			w.listens.Do(func() { close(w.listening) })
		}
		if end {
			time.Sleep(50 * time.Millisecond) // the server does what it was told
			break
		}
	}
	_ = server.Close()
	back.Wait()
}

func (w *wire) endAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.open {
		_ = c.Close()
	}
	w.open = nil
}

// next lets what the store sends next end its connection, once. What begins to listen meanwhile is not it.
func (w *wire) next(forward bool) {
	<-w.listening
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = func([]byte) (bool, bool) {
		w.cut = nil
		return forward, true
	}
}

func TestACommitWithoutAnAnswerIsOfUnknownOutcome(t *testing.T) {
	for name, arrives := range map[string]bool{"it arrives": true, "it does not": false} {
		w, a := newWire(t)
		s := openAt(t, a)
		put := func(key string) error {
			return s.Update(t.Context(), func(tx kv.Tx) error { return tx.Put(items, []byte(key), []byte("v")) })
		}
		if err := put("first"); err != nil {
			t.Fatal(err)
		}
		w.next(arrives)
		if err := put("k"); !errors.Is(err, kv.ErrUnknownOutcome) {
			t.Errorf("%s: %v", name, err)
		}
		err := s.View(t.Context(), func(r kv.Reader) error {
			held, err := r.Get(items, []byte("k"))
			if (held != nil) != arrives {
				t.Errorf("%s: held %q", name, held)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAConnectionThatDiesWhileReadingIsReplaced(t *testing.T) {
	w, a := newWire(t)
	s := openAt(t, a)
	runs := 0
	read := func(r kv.Reader) error {
		runs++
		_, first := r.Get(items, []byte("a"))
		_, second := r.Get(users, []byte("b"))
		return errors.Join(first, second)
	}
	for range 3 {
		w.next(false)
		if err := s.View(t.Context(), read); err != nil {
			t.Error(err)
		}
		w.next(true)
		err := s.Update(t.Context(), func(tx kv.Tx) error { return errors.Join(read(tx), tx.Put(items, []byte("a"), nil)) })
		if err != nil {
			t.Error(err)
		}
	}
	if runs < 9 {
		t.Errorf("%d runs: nothing was cut", runs)
	}
}

func TestTheStoreGoesOnWhenTheDatabaseIsBack(t *testing.T) {
	w, a := newWire(t)
	s := openAt(t, a)
	server := w.server
	w.mu.Lock()
	w.server = "127.0.0.1:1"
	w.mu.Unlock()
	w.endAll()
	get := func() error {
		return s.View(t.Context(), func(r kv.Reader) error { _, err := r.Get(items, []byte("k")); return err })
	}
	put := func() error {
		return s.Update(t.Context(), func(tx kv.Tx) error { return tx.Put(items, []byte("k"), nil) })
	}
	if !errors.Is(get(), kv.ErrUnreachable) || !errors.Is(put(), kv.ErrUnreachable) {
		t.Errorf("without a database: %v, %v", get(), put())
	}
	w.mu.Lock()
	w.server = server
	w.mu.Unlock()
	if err := errors.Join(get(), put()); err != nil {
		t.Error(err)
	}
	// It listens again, too.
	second := openAt(t, direct(t, s, w))
	deadline := time.Now().Add(time.Minute)
	for heard := false; !heard; {
		for len(s.Wake(feed)) > 0 {
			<-s.Wake(feed)
		}
		appendTo(t, second, "news")
		select {
		case <-s.Wake(feed):
			heard = true
		case <-time.After(300 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatal("it does not hear other nodes any more")
		}
	}
}

// direct is the address of the same schema, without the wire.
func direct(t *testing.T, s *Store, w *wire) *Address {
	t.Helper()
	u, err := url.Parse(s.pool.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	u.Host = w.server
	return mustParse(t, u.String())
}

func TestWaitingForAConnectionEndsWithTheCaller(t *testing.T) {
	s := openAt(t, mustParse(t, newAddress(t, shared).pool.ConnString()+"&pool_max_conns=1"))
	held := make(chan struct{})
	release := make(chan struct{})
	done := make(chan error)
	go func() {
		done <- s.View(t.Context(), func(r kv.Reader) error {
			_, first := r.Get(items, []byte("a"))
			_, second := r.Get(items, []byte("b"))
			close(held)
			<-release
			return errors.Join(first, second)
		})
	}()
	<-held
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := s.Update(ctx, func(tx kv.Tx) error { return tx.Put(items, []byte("c"), nil) })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

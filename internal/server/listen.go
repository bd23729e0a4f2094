package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// The limits of one connection. A form page waits for people between requests, never within one.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10 // bytes
	// stopTimeout is how long requests under way have to finish.
	stopTimeout = 20 * time.Second
)

// Listener is one open address and who answers there.
type Listener struct {
	net.Listener
	Handler http.Handler
}

// Listen opens every address of the configuration, or none.
func (s *Server) Listen() ([]Listener, error) {
	var open []Listener
	for _, at := range s.addresses() {
		l, err := net.Listen("tcp", at.address)
		if err != nil {
			for _, o := range open {
				_ = o.Close()
			}
			return nil, fmt.Errorf("listen: %w", err)
		}
		open = append(open, Listener{Listener: l, Handler: at.handler})
	}
	return open, nil
}

// Serve answers on listeners and works in the background until ctx is done. Then it takes no more connections, lets requests under way
// finish and writes what was gathered.
func (s *Server) Serve(ctx context.Context, listeners []Listener) error {
	var work sync.WaitGroup
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	work.Go(func() { s.Worker.Run(background) })
	work.Go(func() { s.feed.Run(background) })
	err := s.answer(ctx, listeners)
	stop()
	work.Wait()
	return err
}

func (s *Server) answer(ctx context.Context, listeners []Listener) error {
	failed := make(chan error, len(listeners))
	servers := make([]*http.Server, len(listeners))
	for i, l := range listeners {
		servers[i] = &http.Server{
			Handler: l.Handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout,
			WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		}
		go func() {
			if err := servers[i].Serve(l); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serve %s: %w", l.Addr(), err)
			}
		}()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.events.Close() // a stream would never finish
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	for _, server := range servers {
		err = errors.Join(err, server.Shutdown(stopping))
	}
	return err
}

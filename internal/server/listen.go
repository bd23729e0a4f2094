package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"syscall"
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
	TLS     *tls.Config // nil: plain HTTP
}

// Listen opens every address of the configuration, or none.
func (s *Server) Listen() ([]Listener, error) {
	cfg := s.options.Config
	var open []Listener
	fail := func(err error) ([]Listener, error) {
		for _, o := range open {
			_ = o.Close()
		}
		return nil, err
	}
	redirects := []string(nil)
	if cfg.TLS != nil {
		redirects = cfg.TLS.Redirect
	}
	for i, address := range slices.Concat(cfg.Listen, cfg.Metrics, redirects) {
		l, err := net.Listen("tcp", address)
		if err != nil {
			err = cannotListen(address, err)
			if i >= len(cfg.Listen)+len(cfg.Metrics) { // which may be one that nobody wrote down
				err = fmt.Errorf("%w; plain HTTP would lead from there to https, and tls: {redirect: []} does without", err)
			}
			return fail(err)
		}
		open = append(open, Listener{Listener: l, Handler: s})
	}
	serving, rest := open[:len(cfg.Listen)], open[len(cfg.Listen):]
	for i := range cfg.Metrics {
		rest[i].Handler = s.metrics.Handler()
	}
	if err := s.secure(serving, rest[len(cfg.Metrics):]); err != nil {
		return fail(err)
	}
	return open, nil
}

// cannotListen says why an address cannot be had, and what helps.
func cannotListen(address string, err error) error {
	var reason *os.SyscallError
	if !errors.As(err, &reason) {
		return fmt.Errorf("listen on %s: %w", address, err)
	}
	help := map[error]string{
		syscall.EADDRINUSE:    ": another process listens there",
		syscall.EADDRNOTAVAIL: ": this machine has no such address",
		syscall.EACCES:        ": ports below 1024 need a permission, such as AmbientCapabilities=CAP_NET_BIND_SERVICE in systemd's unit",
	}[reason.Err]
	return fmt.Errorf("listen on %s: %w%s", address, reason.Err, help)
}

// Serve answers on listeners and works in the background until ctx is done. Then it takes no more connections, lets requests under way
// finish and writes what was gathered.
func (s *Server) Serve(ctx context.Context, listeners []Listener) error {
	var work sync.WaitGroup
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	work.Go(func() { s.Worker.Run(background) })
	work.Go(func() { s.feed.Run(background) })
	if s.tls != nil {
		work.Go(func() { s.tls.Run(background) })
	}
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
			WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, TLSConfig: l.TLS,
			// Of broken connections and handshakes, which anybody can cause.
			ErrorLog: slog.NewLogLogger(s.options.Log.Handler(), slog.LevelDebug),
		}
		go func() {
			serve := func() error { return servers[i].Serve(l) }
			if l.TLS != nil {
				serve = func() error { return servers[i].ServeTLS(l, "", "") }
			}
			if err := serve(); !errors.Is(err, http.ErrServerClosed) {
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

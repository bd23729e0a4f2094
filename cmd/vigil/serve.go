package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"vigil/internal/admin"
	"vigil/internal/server"
)

type serveCommand struct {
	Config string `short:"c" default:"vigil.yaml" help:"The configuration file."`
}

// Run checks everything first: nothing listens for a configuration with mistakes.
func (c *serveCommand) Run(w *world) error {
	cfg, _, err := w.prepare(c.Config)
	if err != nil {
		return err
	}
	log := newLog(w.err, cfg.Log)
	if err := serve(w, server.Options{Config: cfg, Log: log}, func(addresses []string) {
		if len(cfg.KeyEncryptionKey) == 0 {
			log.Warn("signing keys lie in the clear: there is no keyEncryptionKey", "data", cfg.Data)
		}
		log.Info("serving", "addresses", addresses, "data", cfg.Data, "version", version())
	}); err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}

// serve runs a server until the context is done. ready is called when it listens, with the addresses.
func serve(ctx context.Context, o server.Options, ready func(addresses []string)) (err error) {
	server.EaseCollector()
	s, err := server.New(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	listeners, err := s.Listen()
	if err != nil {
		return err
	}
	var addresses []string
	for _, l := range listeners {
		addresses = append(addresses, l.Addr().String())
	}
	socket, err := admin.Listen(o.Config.Data)
	if err != nil {
		for _, l := range listeners {
			err = errors.Join(err, l.Close())
		}
		return err
	}
	refused := &refusal{}
	listeners = append(listeners, server.Listener{Listener: socket, Handler: administration(s, o, refused)})
	ready(addresses)
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { watchFlows(watching, s, o.Config, o.Log, refused) })
	err = s.Serve(ctx, listeners)
	stop()
	watch.Wait()
	return err
}

// administration serves operators' commands on the store that this process holds.
func administration(s *server.Server, o server.Options, refused *refusal) http.Handler {
	local := &admin.Local{Directory: s.Directory, Live: s.Sessions, Signing: s.Keys, Registered: s.Clients, Flows: serving{s, refused}, Recorder: records{s}, Now: time.Now, Log: o.Log}
	for i := range o.Config.Environments {
		local.Environments = append(local.Environments, o.Config.Environments[i].ID)
	}
	return admin.WithBackup(admin.WithProbes(admin.Handler(local), s.ProbeTicket), func(w io.Writer) error {
		err := s.Backup(w)
		if err != nil {
			o.Log.Error("backup broken off", "error", err)
		}
		return err
	})
}

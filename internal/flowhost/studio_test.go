package flowhost_test

import (
	"archive/zip"
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/graph"
	"vigil/engine/trace"
	"vigil/internal/config"
	"vigil/internal/password"
	"vigil/internal/server"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// recorders is a provider with two people and the flows that ship.
const recorders = `data: data
environments:
- id: home
  name: Home
  hosts: [https://sso.example.com]
  defaultFlow: sign-on
  mail: {server: 127.0.0.1:2525, tls: none, from: no-reply@example.com}
  users:
  - {username: ada, email: ada@example.com, password: correct horse}
  - {username: eve, email: eve@example.com, password: battery staple}
  applications:
  - clientId: spa
    name: Portal
    type: SINGLE_PAGE_APP
    tokenEndpointAuthMethod: NONE
    redirectUris: [https://spa.example.net/cb]
    grantTypes: [AUTHORIZATION_CODE]
    responseTypes: [CODE]
    flowPolicies: [sign-on, sign-on-link]
`

// studio is a provider that can be closed and opened again.
type studio struct {
	*house
	folder string
	// Nil: what flows can do is what they can.
	capabilities func([]connector.Capability) []connector.Capability
	log          *slog.Logger // nil: nothing is logged
}

func openStudio(t *testing.T) *studio {
	t.Helper()
	return openStudioWith(t, nil, nil)
}

// openStudioWith has flows of its own, where any are given, and capabilities that behave in another way.
func openStudioWith(t *testing.T, flows map[string]string, capabilities func([]connector.Capability) []connector.Capability) *studio {
	t.Helper()
	s := &studio{&house{t: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}, t.TempDir(), capabilities, nil}
	for name, text := range flows {
		if err := os.MkdirAll(filepath.Join(s.folder, "flows"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.folder, "flows", name+".yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.open()
	t.Cleanup(func() { _ = s.server.Close() })
	return s
}

func (s *studio) open() {
	s.t.Helper()
	text := recorders
	if _, err := os.Stat(filepath.Join(s.folder, "flows")); err == nil {
		text = strings.Replace(strings.Replace(text, "data: data", "data: data\nflows: flows", 1), "[sign-on, sign-on-link]", "[sign-on]", 1)
	}
	cfg, mistakes := config.Parse(filepath.Join(s.folder, "vigil.yaml"), []byte(text), os.LookupEnv)
	if cfg == nil {
		s.t.Fatal(mistakes)
	}
	var err error
	s.server, err = server.New(s.t.Context(), server.Options{Config: cfg, Now: s.time, Passwords: password.Cheapest(), RSA: rsaKeys.Next, Letters: s.house, Capabilities: s.capabilities, Log: s.log})
	if err != nil {
		s.t.Fatal(err)
	}
}

// again ends the process and starts another.
func (s *studio) again() {
	s.t.Helper()
	if err := s.server.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.open()
}

func (s *studio) order(flow string, runs int) {
	s.t.Helper()
	if err := s.server.RecordFlow(server.FlowOrder{EnvironmentID: "home", Flow: flow, Left: runs, Until: s.time().Add(10 * time.Minute)}); err != nil {
		s.t.Fatal(err)
	}
}

// orderOf wants the runs of one person alone.
func (s *studio) orderOf(name string, runs int) {
	s.t.Helper()
	u, err := s.server.Directory.Find(s.t.Context(), "home", name)
	if err != nil {
		s.t.Fatal(err)
	}
	order := server.FlowOrder{EnvironmentID: "home", Flow: "sign-on", Left: runs, Until: s.time().Add(10 * time.Minute), UserID: u.ID, Username: u.Username, Email: u.Email}
	if err := s.server.RecordFlow(order); err != nil {
		s.t.Fatal(err)
	}
}

func (s *studio) recordings() (list []*store.Recording) {
	s.t.Helper()
	err := s.server.Sessions.KV.View(s.t.Context(), func(r kv.Reader) (err error) {
		list, err = store.Recordings(r)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

// events are those of a recording.
func (s *studio) events(r *store.Recording) []trace.Event {
	s.t.Helper()
	var lines []byte
	err := s.server.Sessions.KV.View(s.t.Context(), func(reader kv.Reader) (err error) {
		lines, err = store.Recorded(reader, r.ID)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	events, err := trace.Read(bytes.NewReader(lines))
	if err != nil {
		s.t.Fatal(err)
	}
	return events
}

// kept is the flow of a recording as it was then.
func (s *studio) kept(r *store.Recording) *graph.Flow {
	s.t.Helper()
	var sources []byte
	err := s.server.Sessions.KV.View(s.t.Context(), func(reader kv.Reader) (err error) {
		sources, err = store.KeptFlow(reader, r.FlowHash)
		sources = bytes.Clone(sources)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	files, err := zip.NewReader(bytes.NewReader(sources), int64(len(sources)))
	if err != nil {
		s.t.Fatal(err)
	}
	library, found := engine.Load(files, connector.NewRegistry(builtin.All(builtin.Ports{})...))
	flow := library.Flow(r.Flow)
	if flow == nil {
		s.t.Fatal(found)
	}
	return flow
}

func words(events []trace.Event) string {
	said := make([]string, len(events))
	for i := range events {
		said[i] = events[i].String()
	}
	return strings.Join(said, "\n")
}

// database is all that lies in the data folder.
func (s *studio) database() []byte {
	s.t.Helper()
	var all []byte
	files, err := filepath.Glob(filepath.Join(s.folder, "data", "*"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}

package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigil/internal/admin"
	"vigil/internal/config"
	"vigil/internal/fixture"
	"vigil/internal/rollout"
	"vigil/internal/store/bolt"
	"vigil/internal/store/schema"
	"vigil/internal/tenant"
)

// shared is the configuration of one environment whose people share two flows.
var shared = strings.Replace("flows: flows\n"+configuration, "    applications:\n", `    flowPolicies:
      - name: people
        flows: [{flow: sign-on, weight: 1}, {flow: trial, weight: 0, rollBackAbove: 10}]
    defaultFlow: people
    applications:
`, 1)

// status asks how flows do.
func (b *bench) status() (s admin.FlowStatus) {
	b.t.Helper()
	if err := json.Unmarshal([]byte(b.must("", "flow", "status", "--json")), &s); err != nil {
		b.t.Fatal(err)
	}
	return s
}

// until waits for a status.
func (b *bench) until(what string, holds func(admin.FlowStatus) bool) (s admin.FlowStatus) {
	b.t.Helper()
	fixture.Until(b.t, what, func() bool {
		s = b.status()
		return holds(s)
	})
	return s
}

func TestOperatorsSeeHowFlowsDoAndWhyAFolderIsRefused(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", shared)
	signOn := fixture.SignOn("idleTimeout: 30m")
	b.write("flows/sign-on.yaml", signOn)
	b.write("flows/trial.yaml", strings.Replace(signOn, "flow: sign-on", "flow: trial", 1))
	server := b.serve()
	server.begin()
	server.begin()

	first := b.status()
	if len(first.Editions) != 2 || first.Editions[0].Flow != "sign-on" || first.Editions[0].Begun != 2 || first.Editions[0].Since.IsZero() ||
		first.Editions[0].SuccessRate != nil || first.Editions[1].Begun != 0 || first.Refused != nil {
		t.Errorf("%+v", first)
	}
	if text := b.must("", "flow", "status"); !strings.Contains(text, first.Editions[0].Hash[:8]) || !strings.Contains(text, "people   sign-on   1") {
		t.Error(text)
	}

	b.write("flows/sign-on.yaml", strings.Replace(signOn, "start: session", "start: sesion", 1))
	refused := b.until("refused", func(s admin.FlowStatus) bool { return s.Refused != nil })
	if !strings.Contains(strings.Join(refused.Refused.Mistakes, "\n"), filepath.Join("flows", "sign-on.yaml")+":4:8: ") {
		t.Errorf("%+v", refused.Refused)
	}
	if text := b.must("", "flow", "status"); !strings.Contains(text, "the flows of before go on") || !strings.Contains(text, "did you mean") {
		t.Error(text)
	}
	b.write("flows/sign-on.yaml", signOn+"# another edition\n")
	s := b.until("accepted", func(s admin.FlowStatus) bool { return s.Refused == nil && len(s.Editions) == 3 })
	if now, before := s.Editions[0], s.Editions[1]; now.Begun != 0 || now.Since.IsZero() || before.Hash != first.Editions[0].Hash || before.Begun != 2 || !before.Since.IsZero() {
		t.Errorf("%+v", s.Editions)
	}
	server.stop(syscall.SIGTERM)
	if r := b.run("", "flow", "status"); r.code != exitFailed || !strings.Contains(r.err, "no server runs") {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
}

// fail notes so many failures of the flow trial that it is taken back.
func (b *bench) fail(hash string) {
	b.t.Helper()
	file, err := bolt.Open(filepath.Join(b.folder, "data", config.Database), schema.All(), bolt.Options{})
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	r := rollout.Rollout{KV: file}
	policy := &tenant.FlowPolicy{Name: "people", Flows: []tenant.FlowShare{{Flow: "trial", RollBackAbove: 10}}}
	for range 20 {
		back, err := r.Note(b.t.Context(), rollout.Ended{Environment: "one", Policy: policy, Flow: "trial", Hash: hash, Failed: true, At: time.Now()})
		if err != nil {
			b.t.Fatal(err)
		}
		if back != nil {
			return
		}
	}
	b.t.Fatal("nothing was taken back")
}

func TestAFlowThatWasTakenBackIsShownAndRestored(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", shared)
	signOn := fixture.SignOn("idleTimeout: 30m")
	b.write("flows/sign-on.yaml", signOn)
	b.write("flows/trial.yaml", strings.Replace(signOn, "flow: sign-on", "flow: trial", 1))
	server := b.serve()
	hash := b.status().Editions[1].Hash
	server.stop(syscall.SIGTERM)
	taken := func() bool { return b.status().Policies[0].Shares[1].TakenBack != nil }

	b.fail(hash)
	server = b.serve()
	if text := b.must("", "flow", "status"); !taken() || !strings.Contains(text, "after 20 failures of 20") {
		t.Error(text)
	}
	if out := b.must("", "flow", "restore", "people", "trial"); taken() || out != "people gives trial to people again.\n" {
		t.Error(out)
	}
	if r := b.run("", "flow", "restore", "people", "trial"); r.code != exitFailed || !strings.Contains(r.err, `flow "trial" of policy "people" was not taken back`) {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
	for _, c := range []struct{ policy, flow, said string }{
		{"poeple", "trial", `there is no policy "poeple": did you mean "people"?`},
		{"people", "trail", `policy "people" has no flow "trail": did you mean "trial"?`},
	} {
		if r := b.run("", "flow", "restore", c.policy, c.flow); r.code != exitFailed || !strings.Contains(r.err, c.said) {
			t.Errorf("%s %s: exit %d: %s", c.policy, c.flow, r.code, r.err)
		}
	}
	server.stop(syscall.SIGTERM)

	b.fail(hash)
	b.must("", "flow", "restore", "people", "trial") // nobody serves
	server = b.serve()
	if taken() {
		t.Error("taken back still")
	}
	server.stop(syscall.SIGTERM)
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const administered = `listen: 127.0.0.1:0
data: data
environments:
  - id: one
    hosts: ["http://sso.vigil.localhost:8080"]
    am: {realms: [{name: /, administrators: [Ada, grace]}]}
    users: [{username: ada, password: correct horse}]
`

func TestAnAdministratorWhomNobodyKnowsIsWarnedOfWithTheirPlace(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", administered)
	const want = `vigil.yaml:6:51: warning: no account of "one" has the name "grace": nobody administers the realm by it, and whoever is given the name will [ineffective]`
	warned := func(when string, yes bool) {
		t.Helper()
		r := b.run("", "check", "--strict")
		if code := map[bool]int{true: exitWarned, false: exitDone}[yes]; r.code != code || strings.Contains(r.err, want) != yes {
			t.Errorf("%s: exit %d\n%s", when, r.code, r.err)
		}
	}
	warned("before anything was made", true)
	if _, err := os.Stat(filepath.Join(b.folder, "data")); err == nil {
		t.Error("check made the data folder")
	}
	server := b.serve()
	warned("while it serves", true)
	b.must("battery staple", "user", "add", "grace", "--password-stdin")
	warned("while it serves her", false)
	server.stop(syscall.SIGTERM)
	warned("after it served", false)
}

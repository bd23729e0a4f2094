package interop

import (
	"slices"
	"strings"
	"testing"

	"vigil/internal/chromium"
)

// working asks for a password, and for work of a program.
const working = `flow: working
title: Work
start: puzzle

nodes:
  puzzle:
    do: challenge.create
    with: {difficulty: 12}
    then: {done: credentials}

  credentials:
    form:
      title: Sign on
      fields:
        - {name: username, type: text, label: User name}
        - {name: password, type: password, label: Password}
        - {name: work, type: effort, label: One moment, value: = puzzle.puzzle}
      buttons: [{name: signOn, label: Sign on}]
    then: {signOn: worked}

  worked:
    do: challenge.check
    with: {answer: = credentials.work}
    then: {solved: verify, wrong: lazy}

  verify:
    do: user.checkPassword
    with: {username: = credentials.username, password: = credentials.password}
    limit: 5
    then: {success: done, failure: denied, locked: denied, mustChange: denied, exhausted: denied}

  lazy: {end: error, with: {code: access_denied, description: No work was done.}}
  denied: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = verify.user, idleTimeout: 30m}}
`

func newWorking(t *testing.T) *world {
	t.Helper()
	chromium.CheckTypes(t, "../../static/sdk/effort.js")
	w := newServer(t, provider{
		host: "auth.vigil.localhost", app: bundled(t, "ping.js"), flows: map[string]string{"working": working}, environment: speaksAM,
		applications: strings.Replace(pingApplication, "details, ", "details, working, ", 1),
	})
	w.tab = chromium.Start(t).Open(w.app + "/app")
	w.ready()
	return w
}

func TestAnApplicationWithPingsClientDoesTheWorkOfAForm(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	for _, c := range []struct{ do, want string }{{"", "failure"}, {"work()", "success"}} {
		begun := call[node](w.tab, "start({ acr_values: 'working' })")
		if want := []string{"TextCollector username", "PasswordCollector password"}; begun.Status != "continue" || !slices.Equal(begun.Collectors[:2], want) {
			t.Fatalf("the form: %+v", begun)
		}
		if c.do != "" {
			call[any](w.tab, c.do)
		}
		if got := w.submit(map[string]any{"username": "ada", "password": "correct horse ada"}); got.Status != c.want {
			t.Errorf("%q came to %+v", c.do, got)
		}
	}
}

func TestAnApplicationWithForgeRocksSDKDoesTheWorkOfAForm(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	call[any](w.tab, "am.sdk.work('working')")
	if got := call[step](w.tab, "am.sdk.local('ada', 'correct horse ada')"); got.Type != "LoginSuccess" {
		t.Errorf("the work came to %+v", got)
	}
}

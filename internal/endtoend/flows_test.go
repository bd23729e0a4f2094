package endtoend

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"vigil/internal/fixture"
)

// writeFlows writes the flows: sign-on asks for a password, agree asks whoever is signed on to agree, and late does so after a first page.
func writeFlows(t *testing.T, folder, success string) {
	t.Helper()
	if success == "" {
		success = "idleTimeout: 30m"
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"sign-on": fixture.SignOn(success), "agree": fmt.Sprintf(agreeFlow, success), "late": fmt.Sprintf(lateFlow, success),
	} {
		if err := os.WriteFile(filepath.Join(folder, name+".yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const agreeFlow = `flow: agree
title: Agree
vars: {user: user}
start: session

nodes:
  session:
    do: session.check
    then:
      active: {to: question, set: {user: = session.user}}
      none: refused

  question:
    form:
      title: Do you agree?
      buttons: [{name: agree, label: I agree}]
    then: {agree: done}

  refused: {end: error, with: {code: access_denied, description: Nobody is signed on.}}
  done: {end: success, with: {user: = vars.user, %s}}
`

const lateFlow = `flow: late
title: Look late
vars: {user: user}
start: hello

nodes:
  hello:
    form:
      title: Hello
      buttons: [{name: go, label: Go on}]
    then: {go: session}

  session:
    do: session.check
    then:
      active: {to: question, set: {user: = session.user}}
      none: refused

  question:
    form:
      title: Do you agree?
      buttons: [{name: agree, label: I agree}]
    then: {agree: done}

  refused: {end: error, with: {code: access_denied, description: Nobody is signed on.}}
  done: {end: success, with: {user: = vars.user, %s}}
`

package endtoend

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
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
	for name, text := range map[string]string{"sign-on": signOnFlow, "agree": agreeFlow, "late": lateFlow} {
		if err := os.WriteFile(filepath.Join(folder, name+".yaml"), fmt.Appendf(nil, text, success), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const signOnFlow = `flow: sign-on
title: Sign on
vars: {user: user}
start: session

nodes:
  session:
    do: session.check
    then:
      active: {to: done, set: {user: = session.user}}
      none: credentials

  credentials:
    form:
      title: Sign on
      fields:
        - {name: username, type: text, label: User name, value: = request.loginHint}
        - {name: password, type: password, label: Password}
      buttons: [{name: signOn, label: Sign on}, {name: cancel, label: Cancel, kind: link}]
    then: {signOn: verify, cancel: cancelled}

  verify:
    do: user.checkPassword
    with: {username: = credentials.username, password: = credentials.password}
    limit: 10
    then:
      success: {to: done, set: {user: = verify.user}}
      failure: {to: credentials, message: Not right., field: password}
      locked: {to: credentials, message: Not right., field: password}
      mustChange: cancelled
      exhausted: cancelled

  cancelled: {end: error, with: {code: access_denied, description: Cancelled.}}
  done: {end: success, with: {user: = vars.user, %s}}
`

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

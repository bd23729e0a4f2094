package engine_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"vigil/engine"
	"vigil/engine/internal/samples"
)

// asking makes a flow whose link opens a part: what stands under with beside the account.
func asking(with string) string {
	return `flow: asking
title: Waits for another device
start: name

nodes:
  name:
    form:
      fields: [{name: username, type: text, label: User name}]
    then: {continue: lookup}
  lookup:
    do: user.find
    with: {username: = name.username}
    then: {found: link, none: denied}
  link:
    do: link.create
    with: {account: = lookup.account` + with + `}
    then: {created: wait}
  wait:
    form:
      title: Look at your phone
      wait: {for: = link.challenge}
      buttons: [{name: cancel, label: Cancel, kind: link}]
    then: {approved: done, denied: denied, expired: denied, cancel: denied}
  denied: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = wait.user}}
`
}

// behind is a part that proves who approves.
const behind = `flow: behind
title: Asks for the password
inputs: {account: account}
outcomes: {approved: {}, denied: {}}
start: ask

nodes:
  ask:
    form:
      fields: [{name: password, type: password, label: Password}]
    then: {continue: check}
  check:
    do: user.checkPassword
    with: {username: = inputs.account.username, password: = ask.password}
    limit: 5
    then: {success: agreed, failure: ask, locked: refused, mustChange: refused, exhausted: refused}
  agreed: {end: approved}
  refused: {end: denied}
`

func TestWhatCannotStandBehindALinkIsRefusedWhereItIsNamed(t *testing.T) {
	change := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(behind) }
	for _, c := range []struct{ what, with, part, say string }{
		{"nothing is opened", "", behind, `capability "link.create" needs the input "opens"`},
		{"what is opened is computed", ", opens: = name.username", behind, "what a link opens must be written out"},
		{"there is no such part", ", opens: behin", behind, `there is no part "behin"`},
		{"an input that the part does not have", ", opens: behind, inputs: {place: here}", behind, `part "behind" has no input "place"`},
		{"an input that is missing", ", opens: behind", change("account}", "account, place: string}"), `part "behind" needs the input "place"`},
		{"inputs that are computed", ", opens: behind, inputs: = name.username", behind, "what the part is given must be written out"},
		{"a proof that would cross over", ", opens: behind", change("{account: account}", "{account: account, who: user?}"), `the input "who" of part "behind" is a user?: it cannot go into another run`},
		{"an account that is a text", ", opens: behind", change("account: account", "account: string", "inputs.account.username", "inputs.account"), `the input "account" of part "behind" is a string, wanted an account`},
		{"an outcome that answers nothing", ", opens: behind", change("denied: {}", "later: {}", "end: denied", "end: later"), `the part "behind" has the outcome "later": a link is answered by approved or denied`},
		{"nobody could say yes", ", opens: behind", change("approved: {}, ", "", "end: approved", "end: denied"), `the part "behind" has no outcome approved: nobody could say yes`},
		{"a mail scanner would run it", ", opens: behind", change("start: ask", "start: check", "= ask.password", "= secrets.apiKey"), `the part "behind" begins without a page: a mail scanner would run it`},
		{"a circle", ", opens: behind", change("  agreed: {end", "  again: {do: link.create, with: {account: = inputs.account, opens: behind}, then: {created: refused}}\n  agreed: {end"), `"behind" calls itself by way of "behind"`},
	} {
		t.Run(c.what, func(t *testing.T) {
			files := fstest.MapFS{"asking.yaml": {Data: []byte(asking(c.with))}, "behind.yaml": {Data: []byte(c.part)}}
			library, found := engine.Load(files, samples.Registry(), engine.WithSecrets("apiKey"))
			var said []string
			for _, d := range found {
				said = append(said, d.Summary)
				if d.Summary == c.say {
					return
				}
			}
			t.Errorf("said is %q", said)
			if library.Flow("asking") != nil {
				t.Error("the flow is served")
			}
		})
	}
}

func TestAPartBehindALinkBelongsToTheFlowsIdentity(t *testing.T) {
	hash := func(part string) string {
		files := fstest.MapFS{"asking.yaml": {Data: []byte(asking(", opens: behind"))}, "behind.yaml": {Data: []byte(part)}}
		library, found := engine.Load(files, samples.Registry())
		if len(found) > 0 {
			t.Fatal(found)
		}
		if !library.Opened()["behind"] {
			t.Error("nobody says that a link opens the part")
		}
		return library.Flow("asking").Hash
	}
	if hash(behind) == hash(strings.Replace(behind, "Asks for the password", "Asks again", 1)) {
		t.Error("two flows that open different parts are one")
	}
}

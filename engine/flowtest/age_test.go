package flowtest_test

import (
	"strings"
	"testing"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/flowtest"
)

const aging = `flow: small
users:
  ada: {username: ada, password: correct horse}
cases:
  - name: a password is as old as the case
    steps:
      - {at: credentials, enter: {username: ada, password: correct horse}}
      - {ends: success}
  - name: and older when time has passed
    steps:
      - {advance: 91d}
      - {at: credentials, enter: {username: ada, password: correct horse}}
      - {ends: error, with: {code: access_denied}}
`

func TestPasswordsOfACaseAreAsOldAsTheCase(t *testing.T) {
	source := strings.Replace(small, "success: {to: done,", "success: {to: age,", 1) + `  age:
    choose:
      - {when: = now() - vars.user.passwordChanged > duration('90d'), to: denied}
      - to: done
`
	flow, found := engine.Compile("small.yaml", []byte(source), connector.NewRegistry(builtin.All(builtin.Ports{})...))
	if flow == nil {
		tell(t, found)
		t.FailNow()
	}
	tell(t, flowtest.Run(flow, "small.test.yaml", []byte(aging)).Failures())
}

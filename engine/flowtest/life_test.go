package flowtest_test

import (
	"testing"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/flowtest"
)

// holds plays the cases of a flow; every one must hold.
func holds(t *testing.T, flow, test string) {
	t.Helper()
	compiled, diagnostics := engine.Compile("life.yaml", []byte("flow: life\ntitle: Life\n"+flow), connector.NewRegistry(builtin.All(builtin.Ports{})...))
	if compiled == nil {
		tell(t, diagnostics)
		t.FailNow()
	}
	report := flowtest.Run(compiled, "life.test.yaml", []byte("flow: life\n"+test))
	tell(t, report.Diagnostics)
	for _, c := range report.Cases {
		if c.Failed != nil {
			t.Errorf("%s: %s", c.Name, c.Failed.Summary)
		}
	}
	if len(report.Cases) == 0 {
		t.Error("no case was played")
	}
}

// signOn asks for the password of ada and goes on to `next` with `verify.user`.
const signOn = `start: ask
nodes:
  ask:
    form:
      title: Sign on
      fields: [{name: password, type: password, label: Password}]
    then: {continue: verify}
  verify:
    do: user.checkPassword
    with: {username: ada, password: = ask.password}
    limit: 5
    then: {success: next, failure: denied, locked: denied, mustChange: denied, exhausted: denied}
  denied: {end: error, with: {code: access_denied}}
`

const ada = `users:
  ada: {password: correct horse, email: ada@example.com, groups: [staff]}
cases:
`

const enters = "      - {at: ask, enter: {password: correct horse}}\n"

func TestABrowserIsRecognisedForWhomItWasRememberedUntilThePasswordChanges(t *testing.T) {
	holds(t, signOn+`
  next:
    do: device.recognise
    with: {account: = verify.user}
    then: {recognised: known, unknown: second}
  second:
    form: {title: Second factor, fields: [{name: remember, type: checkbox, label: Remember}, {name: change, type: checkbox, label: Change}]}
    then: {continue: wish}
  wish: {choose: [{when: = second.remember, to: remember}, {when: = second.change, to: change}, {to: done}]}
  remember:
    do: device.remember
    with: {user: = verify.user, for: 10d}
    then: {done: done, full: denied}
  change:
    do: user.setPassword
    with: {user: = verify.user, password: = ask.password}
    then: {changed: done, weakPassword: denied}
  known: {end: success, with: {user: = verify.user, acr: remembered, idleTimeout: 1m}}
  done: {end: success, with: {user: = verify.user, idleTimeout: 1m}}
`, ada+`
  - name: remembered for ten days
    steps:
`+enters+`      - {at: second, enter: {remember: true}}
      - {ends: success}
      - {advance: 9d}
`+enters+`      - {ends: success, with: {acr: remembered}}
      - {advance: 25h}
`+enters+`      - {at: second}
  - name: not remembered without the wish
    steps:
`+enters+`      - {at: second}
      - {at: second, press: continue}
      - {ends: success}
      - {advance: 1d}
`+enters+`      - {at: second}
`)
}

func TestANewPasswordSignsOnAndItsSecretIsGoneWithTheStep(t *testing.T) {
	holds(t, "vars: {user: user}\n"+signOn+`
  next:
    form: {title: New, fields: [{name: chosen, type: newPassword, label: New password}]}
    then: {continue: {to: set, set: {user: = verify.user}}}
  set:
    do: user.setPassword
    with: {user: = verify.user, password: = next.chosen}
    limit: 3
    then: {changed: done, weakPassword: {to: next, message: '{{ set.reason }}'}, exhausted: denied}
  done: {end: success, with: {user: = vars.user}}
`, ada+`
  - name: the value from before the change is as good as the one it gave
    steps:
`+enters+`      - {at: next, enter: {chosen: short}}
      - {at: next, message: Use at least 8 characters., enter: {chosen: another horse}}
      - {ends: success, with: {user: ada}}
      - {at: ask, enter: {password: correct horse}}
      - {ends: error}
`)
}

func TestProfilesAndGroupsAreChangedForTheRestOfTheRun(t *testing.T) {
	holds(t, "vars: {user: user}\n"+signOn+`
  next:
    do: user.update
    with: {user: = verify.user, givenName: Ada, email: new@example.com, attributes: {desk: 7, night: true}}
    then: {updated: {to: enlist, set: {user: = verify.user}}, taken: denied, invalid: denied}
  enlist:
    do: user.joinGroup
    with: {user: = vars.user, group: pilots}
    then: {done: leave}
  leave:
    do: user.leaveGroup
    with: {user: = vars.user, group: staff}
    then: {done: done}
  done:
    end: success
    with:
      user: = vars.user
      idTokenClaims: {name: = vars.user.givenName, groups: = vars.user.groups, desk: = vars.user.attributes.desk, mail: = vars.user.emailVerified}
`, ada+`
  - name: an old value shows what is new
    steps:
`+enters+`      - {ends: success, with: {idTokenClaims: {name: Ada, groups: [pilots], desk: '7', mail: false}}}
`)
}

func TestASessionIsChangedAndEndedFromWithinAFlow(t *testing.T) {
	holds(t, `start: have
nodes:
  have:
    do: session.check
    then: {active: change, none: gone}
  change:
    do: session.set
    with: {idleTimeout: 5m, properties: {desk: 7}}
    then: {done: stay, none: gone}
  stay:
    form: {title: Stay, buttons: [{name: leave, label: Sign off}, {name: look, label: Stay}]}
    then: {leave: over, look: denied}
  over:
    do: session.end
    then: {done: again, none: denied}
  again:
    do: session.check
    then: {active: denied, none: gone}
  gone: {end: error, with: {code: login_required}}
  denied: {end: error, with: {code: access_denied}}
`, ada+`
  - name: it idles out sooner, and not before
    session: {user: ada, methods: [pwd]}
    steps:
      - {at: stay}
      - {advance: 4m}
      - {session: ada}
      - {advance: 2m}
      - {session: none}
  - name: who signs off is gone for the rest of the run
    session: {user: ada, methods: [pwd]}
    steps:
      - {at: stay, press: leave}
      - {ends: error, with: {code: login_required}, passed: [have, change, stay, over, again, gone]}
      - {session: none}
`)
}

func TestAnAgreementCountsForItsVersionAndAConsentForItsScopes(t *testing.T) {
	holds(t, signOn+`
  next:
    do: agreement.check
    with: {account: = verify.user, name: terms, version: v2}
    then: {accepted: scopes, missing: terms}
  terms:
    form: {title: Terms, buttons: [{name: accept, label: Accept}]}
    then: {accept: accept}
  accept:
    do: agreement.accept
    with: {user: = verify.user, name: terms, version: v2}
    then: {done: next, exhausted: denied}
    limit: 2
  scopes:
    do: consent.check
    with: {account: = verify.user}
    then: {given: done, missing: consent}
  consent:
    form: {title: Consent, text: "{{ join(scopes.scopes, ' and ') }}", buttons: [{name: agree, label: Agree}]}
    then: {agree: grant}
  grant:
    do: consent.grant
    with: {user: = verify.user, scopes: = scopes.scopes}
    then: {done: done}
  done: {end: success, with: {user: = verify.user}}
`, ada+`
  - name: asked once, and again for another scope
    request: {clientId: app, scopes: [openid, profile]}
    steps:
`+enters+`      - {at: terms, press: accept}
      - {at: consent, press: agree}
      - {ends: success}
      - {advance: 1d}
`+enters+`      - {ends: success}
`)
}

func TestWhatWasLearnedIsUsualAndWhatIsNewIsSaid(t *testing.T) {
	holds(t, signOn+`
  next:
    do: risk.evaluate
    with: {account: = verify.user}
    then: {done: learn}
  learn:
    do: risk.learn
    with: {user: = verify.user}
    then: {done: done}
  done:
    end: success
    with:
      user: = verify.user
      idleTimeout: 1m
      idTokenClaims: {device: = next.newDevice, address: = next.newAddress, signOns: = next.signOns, networks: = next.networks, first: = next.first}
`, ada+`
  - name: the first time all is new, the next time nothing is
    request: {ip: 192.0.2.7, browser: {name: Firefox, platform: Linux}}
    steps:
`+enters+`      - {ends: success, with: {idTokenClaims: {device: true, address: true, signOns: 0, networks: 0, first: true}}}
      - {advance: 10m}
`+enters+`      - {ends: success, with: {idTokenClaims: {device: false, address: false, signOns: 1, networks: 1, first: false}}}
      - {advance: 91d}
`+enters+`      - {ends: success, with: {idTokenClaims: {device: true, address: true, signOns: 0, networks: 0, first: false}}}
`)
}

func TestWhoIsDeletedOrDisabledIsNotSignedOn(t *testing.T) {
	for verb, outcome := range map[string]string{"user.delete": "deleted", "user.disable": "done"} {
		input := map[string]string{"user.delete": "user", "user.disable": "account"}[verb]
		holds(t, signOn+`
  next:
    do: `+verb+`
    with: {`+input+`: = verify.user}
    then: {`+outcome+`: done}
  done: {end: success, with: {user: = verify.user}}
`, ada+`
  - name: the proof of before counts for nothing
    steps:
`+enters+`      - {ends: error, with: {code: access_denied}}
      - {session: none}
`+enters+`      - {ends: error, with: {code: access_denied}}
`)
	}
}

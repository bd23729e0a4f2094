package rehearsal_test

import (
	"testing"
	"testing/fstest"

	"vigil/engine"
)

// phone shows a QR code, which somebody opens on a phone where they use a passkey of theirs.
const phone = `flow: phone
title: Sign on with the phone
start: name
nodes:
  name:
    form:
      title: Sign on
      fields: [{name: username, type: text, label: User name}]
    then: {continue: lookup}
  lookup:
    do: user.find
    with: {username: = name.username}
    then: {found: link, none: denied}
  link:
    do: link.create
    with: {account: = lookup.account, opens: confirm}
    limit: 2
    then: {created: wait, exhausted: denied}
  wait:
    form:
      title: Use your phone
      qr: = link.url
      wait: {for: = link.challenge, every: 1s}
      buttons: [{name: again, label: Another code, kind: link}]
    then: {approved: done, denied: denied, expired: denied, again: link}
  denied: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = wait.user, requires: [pop]}}
`

const confirm = `flow: confirm
title: Show your passkey
inputs: {account: account}
outcomes: {approved: {}, denied: {}}
start: ask
nodes:
  ask:
    form:
      title: Is this you?
      text: Somebody wants to sign on as {{ inputs.account.username }}.
      fields: [{name: key, type: passkey, label: Use your passkey, account: = inputs.account}]
      buttons: [{name: refuse, label: 'No', kind: link}]
    then: {key: check, refuse: refused}
  check:
    do: passkey.check
    with: {passkey: = ask.key}
    limit: 3
    then:
      success: agreed
      failure: {to: ask, message: That is not the passkey of this account., field: key}
      exhausted: refused
  agreed: {end: approved}
  refused: {end: denied}
`

const phoneCases = `flow: phone
users:
  ada: {username: ada, passkey: true}
  bob: {username: bob, passkey: true}
cases:
  - name: one
    steps:
      - {at: name, enter: {username: ada}}
      - {at: wait, press: again}
      - {opens: link}
      - {at: ask, enter: {key: bob}}
      - {at: ask, message: That is not the passkey of this account., enter: {key: nobody}}
      - {at: ask, enter: {key: ada}}
      - {ends: approved, proved: [mfa, pop]}
      - {ends: success, with: {user: ada}, proved: [mfa, pop]}
      - {session: ada}
`

func loadPhone(t *testing.T) *engine.Library {
	t.Helper()
	return library(t, fstest.MapFS{"phone.yaml": {Data: []byte(phone)}, "confirm.yaml": {Data: []byte(confirm)}})
}

func TestAPasskeyOnAnotherDeviceThatReadTheQRCodeSignsOnThePageThatWaits(t *testing.T) {
	t.Parallel()
	house := borrow(t)
	report := house.Run(loadPhone(t).Flow("phone"), "phone.test.yaml", []byte(phoneCases))
	if !report.OK() || report.Cases[0].LeftOut != "" {
		t.Fatalf("%v, left out: %s", report.Failures(), report.Cases[0].LeftOut)
	}
	all := loadPhone(t)
	serve(t, all.Flow("phone"), "qr: = link.url", "qr: = name.username")
	differs(t, house.Run(all.Flow("phone"), "phone.test.yaml", []byte(phoneCases)), 10, "the QR code that the browser shows is not that of the link")

	all = loadPhone(t)
	serve(t, all.Flow("confirm"), "failure: {to: ask, message: That is not the passkey of this account., field: key}", "failure: {to: ask, message: No., field: key}")
	differs(t, house.Run(all.Flow("phone"), "phone.test.yaml", []byte(phoneCases)), 12, `beside "key" stands "No." in the browser`)
}

package flowhost_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

const byPasskey = `flow: by-passkey
title: Sign on by a passkey of another device
start: mail

nodes:
  mail:
    do: email.sendLink
    with: {username: ada, opens: with-passkey}
    then: {sent: wait}
  wait:
    form: {title: Look at your e-mail, wait: {for: = mail.challenge}, buttons: [{name: cancel, label: Cancel, kind: link}]}
    then: {approved: done, denied: denied, expired: denied, cancel: denied}
  denied: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = wait.user}}
`

const withPasskey = `flow: with-passkey
title: Confirm by a passkey
outcomes: {approved: {}, denied: {}}
start: ask

nodes:
  ask:
    form:
      title: Is this you?
      fields: [{name: key, type: passkey, label: Use your passkey}]
      buttons: [{name: refuse, label: No, kind: link}]
    then: {key: check, refuse: denied}
  check:
    do: passkey.check
    with: {passkey: = ask.key}
    limit: 5
    then: {success: approved, failure: {to: ask, message: That did not work., field: key}, exhausted: denied}
  approved: {end: approved}
  denied: {end: denied}
`

var challenge = regexp.MustCompile(`challenge&#34;:&#34;([A-Za-z0-9_-]+)`)

func TestTheFirstPageBehindALinkAsksForTheSamePasskeyUntilItIsAnswered(t *testing.T) {
	one := strings.Replace(households, "data: data\n", "data: data\nflows: flows\n", 1)
	h := openWith(t, strings.Replace(one, "sign-on-link", "by-passkey", 1), map[string]string{"flows/by-passkey.yaml": byPasskey, "flows/with-passkey.yaml": withPasskey})
	h.browser().visit(http.MethodGet, authorize, nil).shows("Look at your e-mail")
	link, phone := h.link(), h.browser()
	asked := phone.visit(http.MethodGet, link, nil).find(challenge)
	if again := phone.visit(http.MethodGet, link, nil).find(challenge); again != asked {
		t.Errorf("the page asks %q, and then %q: no answer to it could be right", asked, again)
	}
	phone.press("key", "key", "{}").shows("That did not work.")
	phone.press("refuse").shows("That was refused")
}

package flowhost_test

import (
	"errors"
	"testing"

	"vigil/internal/directory"
)

// move lets whoever is signed on say what their e-mail address is.
const move = `flow: move
title: Another address
start: session
nodes:
  session:
    do: session.check
    then: {active: ask, none: nobody}
  ask:
    form:
      title: Where do you live now?
      fields: [{name: address, type: email, label: E-mail address}]
      buttons: [{name: move, label: Move}]
    then: {move: update}
  update:
    do: user.update
    with: {user: = session.user, email: = ask.address}
    then: {updated: done, taken: nobody, invalid: nobody}
  nobody: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = update.user}}
`

func TestNobodyWaitsInAnAccountForTheOwnerOfAnAddress(t *testing.T) {
	h := openHamlet(t)
	mallory, victim := h.browser(), h.browser()
	mallory.signOn("correct horse")
	mallory.by("move").press("move", "address", "victim@example.com").returned("code=")

	victim.by("sign-on-email").press("send", "username", "victim@example.com")
	if err := h.server.Mail.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.server.Mail.Wait()
	if len(h.letters) > 0 {
		t.Errorf("a code for mallory's account goes to the victim: %q", h.letters)
	}
	h.browser().by("sign-on").press("signOn", "username", "victim@example.com", "password", "correct horse").shows("not right")

	victim.by("register").press("register", "email", "victim@example.com", "password", "the victim's horse", "password.repeat", "the victim's horse", "terms", "true", "work", victim.work())
	victim.press("verify", "digits", h.code()).returned("code=")
	own, err := h.server.Directory.Find(t.Context(), "home", "victim@example.com")
	if err != nil || own.Username == "ada" || !own.EmailVerified {
		t.Errorf("the victim's address leads to %q, %v", own.Username, err)
	}
	if ada, err := h.server.Directory.Find(t.Context(), "home", "ada@example.com"); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("the address that mallory left leads to %q, %v", ada.Username, err)
	}
}

func TestAnAddressLeadsToWhoeverReadItsMail(t *testing.T) {
	h := openHamlet(t)
	b := h.browser()
	b.signOn("correct horse")
	b.by("move").press("move", "address", "new@example.com").returned("code=")
	ada, err := h.server.Directory.Find(t.Context(), "home", "ada")
	if err != nil || !ada.EmailClaimed {
		t.Fatalf("%+v, %v", ada, err)
	}
	if _, err := h.server.Directory.ProveEmail(t.Context(), "home", ada.ID, "new@example.com"); err != nil {
		t.Fatal(err)
	}
	b = h.browser().by("sign-on-email").press("send", "username", "new@example.com")
	b.press("check", "digits", h.code()).returned("code=")
}

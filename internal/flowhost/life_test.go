package flowhost_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWhoRegistersOwnsNothingBeforeTheMailedCode(t *testing.T) {
	h := openHamlet(t)
	owner, squatter := h.browser(), h.browser()
	for _, b := range []*surfer{squatter, owner} {
		b.by("register")
		if policy := b.last.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self'") {
			t.Errorf("the policy is %q", policy)
		}
		secret := map[*surfer]string{owner: "the owner's horse", squatter: "a squatter's horse"}[b]
		b.press("register", "email", "new@example.com", "password", secret, "password.repeat", secret, "terms", "true", "work", b.work())
		b.shows("Look at your e-mail")
	}
	early := h.browser().by("sign-on").press("signOn", "username", "new@example.com", "password", "a squatter's horse")
	early.shows("not right")
	owner.press("verify", "digits", h.code()).returned("code=")
	h.browser().by("sign-on").press("signOn", "username", "new@example.com", "password", "the owner's horse").returned("code=")
	h.browser().by("sign-on").press("signOn", "username", "new@example.com", "password", "a squatter's horse").shows("not right")
	u, err := h.server.Directory.Find(t.Context(), "home", "new@example.com")
	if err != nil || !u.EmailVerified || u.Newcomer {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestAPageThatDidNoWorkRegistersNobody(t *testing.T) {
	h := openHamlet(t)
	b := h.browser().by("register")
	b.press("register", "email", "new@example.com", "password", "new horse", "password.repeat", "new horse", "terms", "true", "work", "1")
	b.shows("could not tell you from a program")
}

func TestANewPasswordByMailEndsOtherSessionsAndSignsOn(t *testing.T) {
	h := openHamlet(t)
	thief, ada := h.browser(), h.browser()
	thief.signOn("correct horse")
	ada.by("reset-password").press("send", "username", "ada@example.com").shows("Look at your e-mail")
	ada.press("verify", "digits", h.code()).shows("Choose a new password")
	ada.press("choose", "password", "another horse", "password.repeat", "another horse").returned("code=")
	if thief.signedOn() {
		t.Error("the session in the other browser goes on")
	}
	if !ada.signedOn() {
		t.Error("who chose the password is not signed on")
	}
	h.browser().signOn("another horse")
	h.browser().by("sign-on").press("signOn", "username", "ada", "password", "correct horse").shows("not right")
}

func TestAPasswordThatMustBeChangedIsChangedWhileSigningOn(t *testing.T) {
	h := openHamlet(t)
	ada, err := h.server.Directory.Find(t.Context(), "home", "ada")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.server.Directory.SetPassword(t.Context(), "home", ada.ID, "first horse", true); err != nil {
		t.Fatal(err)
	}
	b := h.browser().by("sign-on").press("signOn", "username", "ada", "password", "first horse")
	b.shows("Choose a new password")
	b.press("choose", "password", "first horse", "password.repeat", "first horse").shows("another password than the present one")
	b.press("choose", "password", "own horse", "password.repeat", "own horse").returned("code=")
	h.browser().signOn("own horse")
}

func TestASessionIsEndedFromWithinAFlowThatGoesOn(t *testing.T) {
	for _, verb := range []string{"signOff", "delete", "disable"} {
		t.Run(verb, func(t *testing.T) {
			h := openHamlet(t)
			b, other := h.browser(), h.browser()
			b.signOn("correct horse")
			other.signOn("correct horse")
			b.by("leave").press(verb).shows("So it is")
			if cookies := strings.Join(b.last.Header().Values("Set-Cookie"), "\n"); !strings.Contains(cookies, "ST=;") {
				t.Errorf("the browser keeps its session cookie: %s", cookies)
			}
			b.press("continue").returned("error=login_required")
			if b.signedOn() {
				t.Error("still signed on")
			}
			if other.signedOn() != (verb == "signOff") {
				t.Error("the other browser's session is not as it should be")
			}
			if verb == "delete" {
				gone(t, h)
			}
		})
	}
}

// gone holds that nothing is left of ada.
func gone(t *testing.T, h *house) {
	t.Helper()
	if _, err := h.server.Directory.Find(t.Context(), "home", "ada"); err == nil {
		t.Error("the name still leads somewhere")
	}
	leavers, err := h.server.Directory.Leavers(t.Context(), 10)
	if err != nil || len(leavers) != 0 {
		t.Errorf("leaving still: %v, %v", leavers, err)
	}
}

func TestADeletionThatACrashBrokeOffIsFinished(t *testing.T) {
	h := openHamlet(t)
	b := h.browser()
	b.signOn("correct horse")
	ada, err := h.server.Directory.Find(t.Context(), "home", "ada")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.server.Directory.Leave(t.Context(), "home", ada.ID); err != nil { // and no more than that
		t.Fatal(err)
	}
	if err := h.server.Worker.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	gone(t, h)
	if _, err := h.server.Directory.ByID(t.Context(), "home", ada.ID); err == nil || b.signedOn() {
		t.Errorf("something is left: %v", err)
	}
}

func TestASessionThatAFlowSetIdlesOutSooner(t *testing.T) {
	h := openHamlet(t)
	b := h.browser()
	b.signOn("correct horse")
	b.by("leave").press("idle").returned("error=login_required")
	h.pass(4 * time.Minute)
	if !b.signedOn() {
		t.Fatal("it ended too soon")
	}
	h.pass(2 * time.Minute)
	if b.signedOn() {
		t.Error("it goes on")
	}
}

func TestARememberedBrowserIsSparedTheCodeUntilThePasswordChanges(t *testing.T) {
	h := openHamlet(t)
	b := h.browser()
	sign := func(b *surfer) *surfer {
		return b.by("sign-on-familiar").press("signOn", "username", "ada", "password", "correct horse")
	}
	sign(b).shows("One more step")
	b.press("verify", "digits", h.code(), "remember", "true").returned("code=")
	h.pass(20 * 24 * time.Hour)
	sign(b).returned("code=")

	h.pass(9 * 24 * time.Hour)
	stolen := h.browser()
	stolen.jar.SetCookies(&url.URL{Scheme: "https", Host: "sso.example.com"}, []*http.Cookie{{Name: "__Host-DEVICE", Value: "forged", Path: "/", Secure: true}})
	ada, err := h.server.Directory.Find(t.Context(), "home", "ada")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.server.Directory.BumpEpoch(t.Context(), "home", ada.ID); err != nil {
		t.Fatal(err)
	}
	h.pass(91 * 24 * time.Hour) // what was learned is forgotten too
	sign(b).shows("One more step")
	sign(stolen).shows("One more step")
}

func TestASuccessSaysAllItCanInTokensAndSession(t *testing.T) {
	h := openHamlet(t)
	b := h.browser().by("everything").press("continue", "username", "ada", "password", "correct horse")
	b.returned("code=")
	location, err := url.Parse(b.last.Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	tokens := h.redeem(location.Query().Get("code"))
	if tokens["scope"] != "openid email" {
		t.Errorf("scope %v", tokens["scope"])
	}
	id, access := claimsOf(t, tokens["id_token"]), claimsOf(t, tokens["access_token"])
	if id["acr"] != "gold" || id["tier"] != 3.0 || !slices.Equal(id["amr"].([]any), []any{"pwd", "geo"}) || len(id["tags"].([]any)) != 2 {
		t.Errorf("id token %v", id)
	}
	if roles, _ := access["roles"].([]any); len(roles) != 1 || roles[0] != "reader" || access["tier"] != nil {
		t.Errorf("access token %v", access)
	}
	h.pass(9 * time.Minute)
	b.visit(http.MethodGet, authorize+"&prompt=none&acr_values=everything", nil)
	h.server.Sessions.Touch(h.session(), h.time())
	h.pass(5 * time.Minute)
	if !b.signedOn() {
		t.Error("activity did not carry it over the idle timeout")
	}
	h.server.Sessions.Touch(h.session(), h.time())
	h.pass(2 * time.Minute)
	if b.signedOn() {
		t.Error("it outlives its maximum lifetime")
	}
	h.browser().by("everything").press("continue", "username", "ada", "password", "wrong horse").returned("error=unmet_authentication_requirements&error_description=No.")
}

package spectest

import (
	"strings"
	"testing"

	"vigil/internal/fixture"
	"vigil/internal/session"
)

// A flow of the environment asks for the code, but whoever lets a device in must have proved what the application's own flow requires: the person at
// the browser chooses the way.
func TestADeviceIsLetInByNoLessThanTheFlowOfItsApplicationRequires(t *testing.T) {
	t.Parallel()
	w := withDeviceFlow(t)
	w.write("flows/strict.yaml", strictFlow)
	w.apps = []app{tv("flowPolicies=[strict]")}
	device, code := w.waits("openid")
	w.visits(devicePage).press("continue", "code", code).signsOn("ada").press("allow").shows("The device was not let in.")
	if r := w.poll64(device); r.text("error") != "authorization_pending" {
		t.Errorf("after a password: %v", r.body)
	}
	w.prove("ada", "otp")
	w.visits(devicePage).press("continue", "code", code).press("allow").shows("Your device is signed on")
	w.advance("11s")
	if r := w.poll64(device); r.status != 200 {
		t.Errorf("after a second factor: %v", r.body)
	}
}

// What the application's own flow takes away it takes from devices too. Nobody is asked twice whether the device is theirs.
func TestADeviceGetsNoScopesThatTheFlowOfItsApplicationTakesAway(t *testing.T) {
	t.Parallel()
	for own, want := range map[string]string{"[profile]": "openid profile", "[]": "openid"} {
		w := withDeviceFlow(t)
		w.signOnFlow = fixture.SignOn("scopes: " + own + ", idleTimeout: 30m")
		device, code := w.waits("openid profile offline_access")
		w.visits(devicePage).press("continue", "code", code).signsOn("ada").press("allow").shows("Your device is signed on")
		w.advance("6s")
		if r := w.poll64(device); r.status != 200 || r.text("scope") != want {
			t.Errorf("of %s: %v", own, r.body)
		}
	}
}

// Who said that the device is theirs is who it signs on: somebody else who signs on in the flow that follows begins anew.
func TestADeviceIsNotLetInByWhoeverSignsOnAfterTheAnswer(t *testing.T) {
	t.Parallel()
	w := withDeviceFlow(t)
	w.write("flows/again.yaml", strings.NewReplacer("flow: sign-on", "flow: again", "active: {to: done, set: {user: = session.user}}", "active: credentials").Replace(fixture.SignOn("scopes: [profile], idleTimeout: 30m")))
	w.apps = []app{tv("flowPolicies=[again]")}
	device, code := w.waits("openid")
	w.visits(devicePage).press("continue", "code", code).signsOn("ada").press("allow").signsOn("grace").shows("The device was not let in.")
	if r := w.poll64(device); r.text("error") != "authorization_pending" {
		t.Errorf("%v", r.body)
	}
}

// prove adds a proof to the one session of a user.
func (w *world) prove(user, method string) {
	w.t.Helper()
	u, err := w.server.Directory.Find(w.t.Context(), "test", user)
	if err != nil {
		w.t.Fatal(err)
	}
	live, err := w.server.Sessions.LiveOfUser(w.t.Context(), "test", u.ID, w.clock.now())
	if err != nil || len(live) != 1 {
		w.t.Fatal(live, err)
	}
	if _, err := w.server.Sessions.Change(w.t.Context(), live[0].ID, w.clock.now(), func(s *session.Session) {
		s.Prove(session.Proof{Method: method, At: w.clock.now()})
	}); err != nil {
		w.t.Fatal(err)
	}
}

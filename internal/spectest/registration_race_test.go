package spectest

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
)

func TestOfRacingChangesEachIsWholeAndTheIndexFollowsTheLast(t *testing.T) {
	t.Parallel()
	w, token := open(t, "")
	r := w.registered(token, nil)
	at, own := r.text("registration_client_uri"), r.text("registration_access_token")
	host := func(i int) string { return fmt.Sprintf("https://h%d.example.com", i) }
	var wait sync.WaitGroup
	for i := range 32 {
		wait.Go(func() {
			m := metadata(map[string]any{"client_id": r.text("client_id"), "client_name": host(i), "redirect_uris": []string{host(i) + "/cb"}, "post_logout_redirect_uris": []string{host(i) + "/bye"}})
			if r := w.ask(http.MethodPut, at, own, m); r.status != 200 || r.text("client_name") != host(i) {
				t.Errorf("%d %v", r.status, r.body)
			}
		})
	}
	wait.Wait()
	last := w.ask(http.MethodGet, at, own, nil)
	name := last.text("client_name")
	if fmt.Sprint(last.body["redirect_uris"], last.body["post_logout_redirect_uris"]) != fmt.Sprintf("[%s/cb] [%s/bye]", name, name) {
		t.Errorf("a mixture: %v", last.body)
	}
	environment := w.server.Tenants.Environment("test")
	for i := range 32 {
		if environment.AllowsOrigin(host(i)) != (host(i) == name) || environment.AllowsPostLogoutRedirect(host(i)+"/bye") != (host(i) == name) {
			t.Errorf("%s is known, %s is registered", host(i), name)
		}
	}
	status := 0
	for range 29 {
		status = w.ask(http.MethodPut, at, own, metadata(map[string]any{"client_id": r.text("client_id")})).status
	}
	if status != 429 {
		t.Errorf("the 61st change within an hour: %d", status)
	}
}

func TestAnEnvironmentHasRoomForSoManyAndSoManyAnHour(t *testing.T) {
	t.Parallel()
	w, token := open(t, "limit: 5, perHour: 3")
	var first reply
	for range 3 {
		first = w.registered(token, nil)
	}
	r := w.ask(http.MethodPost, registerPath, token, metadata(nil))
	if r.status != 429 || r.header.Get("Retry-After") == "" {
		t.Errorf("a fourth within the hour: %d %v", r.status, r.body)
	}
	w.advance("61m")
	var wait sync.WaitGroup
	answers := make(chan int, 16)
	for range 16 {
		wait.Go(func() { answers <- w.ask(http.MethodPost, registerPath, token, metadata(nil)).status })
	}
	wait.Wait()
	close(answers)
	counts := map[int]int{}
	for status := range answers {
		counts[status]++
	}
	if counts[201] != 2 || counts[403] != 14 {
		t.Errorf("%v", counts)
	}
	w.advance("61m")
	if r := w.ask(http.MethodPost, registerPath, token, metadata(nil)); r.status != 403 {
		t.Errorf("a sixth: %d", r.status)
	}
	if found, err := w.server.Clients.Remove(t.Context(), "test", first.text("client_id")); !found || err != nil {
		t.Fatal(found, err)
	}
	w.registered(token, nil)
}

func TestOfSixtyFourThatRegisterWithATokenForOneOneWinsAlsoWhenTheServerRestarts(t *testing.T) {
	t.Parallel()
	w, _ := open(t, "limit: 100, perHour: 100")
	token := w.initialToken(1)
	race := func() (won, refused int32) {
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				switch w.ask(http.MethodPost, registerPath, token, metadata(nil)).status {
				case http.StatusCreated:
					atomic.AddInt32(&won, 1)
				case http.StatusUnauthorized:
					atomic.AddInt32(&refused, 1)
				}
			})
		}
		all.Wait()
		return won, refused
	}
	if won, refused := race(); won != 1 || refused != 63 {
		t.Errorf("%d won, %d were refused", won, refused)
	}
	w.restart("server")
	w.start()
	if won, refused := race(); won != 0 || refused != 64 {
		t.Errorf("after a restart %d won, %d were refused", won, refused)
	}
}

func TestTheConfigurationWinsAndWhatItTakesAwayIsGone(t *testing.T) {
	t.Parallel()
	w, token := open(t, "")
	id := w.registered(token, nil).text("client_id")
	w.stop()
	w.apps = []app{{id, []string{"redirectUris=[https://elsewhere.example.com/callback]", "postLogoutRedirectUris=[]"}}}
	w.start()
	if a := w.server.Tenants.Environment("test").Application(id); a == nil || a.AllowsRedirect(notesRedirect) {
		t.Errorf("%+v", a)
	}
	w.stop()
	w.apps, w.settings = nil, nil
	w.start()
	if a := w.server.Tenants.Environment("test").Application(id); a != nil {
		t.Errorf("known although nobody may register: %+v", a)
	}
}

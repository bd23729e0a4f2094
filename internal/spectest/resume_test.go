package spectest

import (
	"net/http"
	"strings"
	"testing"
)

func TestARunThatLetsADeviceInGoesBackToNobodyElse(t *testing.T) {
	t.Parallel()
	w := withDeviceFlow(t)
	device, code := w.waits("openid")
	v := w.visits(devicePage).press("continue", "code", code).signsOn("ada")
	form := hiddenInputs(v.page)
	form.Set("_button", "allow")
	response, _ := w.post(v.at, form)
	there := response.Header.Get("Location")
	elsewhere := strings.Replace(there, "/as/device_resume?", "/as/resume?", 1)
	if elsewhere == there {
		t.Fatal(there)
	}
	for range 2 {
		if response, page := w.get(elsewhere); response.StatusCode != http.StatusGone || response.Header.Get("Location") != "" {
			t.Errorf("%d %s", response.StatusCode, page)
		}
	}
	if r := w.poll64(device); r.text("error") != "authorization_pending" {
		t.Errorf("%v", r.body)
	}
	if _, page := w.get(there); !strings.Contains(page, "Your device is signed on") {
		t.Error(page)
	}
	if _, page := w.get(there); strings.Contains(page, "Your device is signed on") {
		t.Error("a second time")
	}
}

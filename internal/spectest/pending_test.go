package spectest

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestStrangersTogetherBeginNoMoreThanThereIsRoomForAndWhoFinishesMakesRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.maxPending = 3
	w.apps = []app{{"spa", nil}, tv()}
	w.start()
	w.signOn("ada", "spa", nil)
	devices := func() int {
		return w.call("/as/device_authorization", url.Values{"client_id": {"tv"}, "scope": {"openid"}}).status
	}
	for n, want := range []int{200, 200, 200, 503, 503} {
		if got := devices(); got != want {
			t.Errorf("device %d: %d", n, got)
		}
	}
	if r := w.call("/as/device_authorization", url.Values{"client_id": {"tv"}}); r.header.Get("Retry-After") == "" || r.text("error") != "temporarily_unavailable" {
		t.Errorf("%v %v", r.header, r.body)
	}
	if got := w.authorize("spa", []string{"prompt=none"}); !slices.Contains(got, "code") {
		t.Errorf("somebody signed on begins nothing: %v", got)
	}
	w.use("a stranger's")
	response, _ := w.get("https://" + issuerHost + "/as/authorize?" + w.query("spa", nil).Encode())
	if at := response.Header.Get("Location"); !strings.HasPrefix(at, originOf("spa")) || !strings.Contains(at, "error=temporarily_unavailable") {
		t.Errorf("%d %s", response.StatusCode, at)
	}
	w.advance("11m")
	if got := devices(); got != 200 {
		t.Errorf("after the devices' ten minutes: %d", got)
	}
}

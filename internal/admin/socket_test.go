package admin_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil/internal/admin"
)

func TestTheSocketIsItsOwnersAndGoesWithTheListener(t *testing.T) {
	data := t.TempDir()
	path := filepath.Join(data, admin.Socket)
	if err := os.WriteFile(path, []byte("left behind by a crash"), 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := admin.Listen(data)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Mode().Type() != os.ModeSocket {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(data)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestALongPathToTheDataFolderIsNoObstacle(t *testing.T) {
	data := filepath.Join(t.TempDir(), strings.Repeat("deep/", 40))
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	h := build(t)
	h.data = data
	if page, err := h.overSocket(t).Users(t.Context(), admin.Page{Environment: "one", Limit: 1}); err != nil {
		t.Errorf("%+v %v", page, err)
	}
}

func TestNoServerOnTheSocketIsSaidSo(t *testing.T) {
	_, err := admin.NewClient(t.TempDir()).Users(t.Context(), admin.Page{Environment: "one", Limit: 1})
	if code(err) != admin.CodeFailed || !strings.Contains(err.Error(), admin.Socket) {
		t.Error(err)
	}
}

func TestRequestsOfAnotherVersionAreRefusedWhole(t *testing.T) {
	h := build(t)
	h.overSocket(t)
	t.Chdir(h.data) // the whole path may be longer than that of a socket can be
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", admin.Socket)
	}}}
	for _, body := range []string{
		`{"environment":"one","username":"ada","password":"correct horse","expires":"2030-01-01"}`, `{`, ``, `[]`,
		`{"environment":"one","username":"` + strings.Repeat("a", 70<<10) + `"}`,
	} {
		response, err := client.Post("http://vigil/users/add", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusBadRequest {
			t.Errorf("%.60s: %s", body, response.Status)
		}
	}
	if page, err := h.local.Users(t.Context(), admin.Page{Environment: "one", Limit: 1}); err != nil || len(page.Users) != 0 {
		t.Errorf("%+v %v", page, err)
	}
}

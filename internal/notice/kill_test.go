package notice_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"
)

// The child of TestNewsSurviveAProcessThatIsKilled finds these in its environment.
const (
	childStore = "VIGIL_TEST_STORE"
	childApp   = "VIGIL_TEST_APP"
)

func TestNewsSurviveAProcessThatIsKilled(t *testing.T) {
	if os.Getenv(childStore) != "" {
		endAndHang(t)
		return
	}
	arrived, alive := make(chan struct{}, 100), make(chan struct{})
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		_, _ = io.ReadAll(q.Body)
		arrived <- struct{}{}
		select { // the child dies in the middle of this
		case <-alive:
		case <-q.Context().Done():
		}
	}))
	t.Cleanup(app.Close)
	w := newWorld(t, map[string]string{"app": app.URL})
	if err := w.file.Close(); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestNewsSurviveAProcessThatIsKilled$")
	child.Env = append(os.Environ(), childStore+"="+w.path, childApp+"="+app.URL)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-arrived:
	case <-time.After(time.Minute):
		t.Error("the child sent nothing")
	}
	if err := child.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = child.Wait() // killed
	close(alive)
	w.open()
	waiting, dead := w.letters()
	if len(waiting) != 5 || len(dead) != 0 {
		t.Fatalf("%d wait, %d are dead", len(waiting), len(dead))
	}
	// Another address, since what the child sent may still be on its way to the first.
	again := newReceiver(t, nil)
	w.tenants.Environment("env").Application("app").BackchannelLogoutURI = again.URL
	w.clock = time.Now()
	w.round(time.Minute)
	if waiting, _ = w.letters(); len(again.got()) != 5 || len(waiting) != 0 {
		t.Errorf("%d attempts after the restart, %d still wait", len(again.got()), len(waiting))
	}
}

// endAndHang is the process that is killed: it ends five sessions and is telling of them when it dies.
func endAndHang(t *testing.T) {
	w := newWorld(t, map[string]string{"app": os.Getenv(childApp)})
	w.close()
	w.path = os.Getenv(childStore)
	w.open()
	for i := range 5 {
		w.end(w.begin(byte(i), "app"))
	}
	w.round(0)
	t.Fatal("nobody killed this process")
}

package endtoend

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigil/internal/chromium"
	"vigil/internal/fixture"
)

// buildDemo builds the binary.
func buildDemo(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "vigil")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "vigil/cmd/vigil").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// startDemo runs `vigil demo` in a folder of its own and gives its port, with the colon, and how long it took to be ready.
func startDemo(t *testing.T, binary string) (port string, took time.Duration) {
	t.Helper()
	port = fmt.Sprintf(":%d", fixture.Port())
	command := exec.Command(binary, "demo", "--port", port[1:], "--data", filepath.Join(t.TempDir(), "data"))
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			t.Errorf("the demo ended with %v", err)
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "http://app1.vigil.localhost"+port) {
			took = time.Since(begun)
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return port, took
		}
	}
	t.Fatal("the demo said nothing")
	return "", 0
}

func TestTheDemoShowsTheSessionInBothApplications(t *testing.T) {
	port, took := startDemo(t, buildDemo(t))
	t.Logf("from start to ready: %v", took.Round(time.Millisecond))
	browser := chromium.Start(t)
	pictures := picturesOf(t)
	harbour := browser.Open("http://app1.vigil.localhost" + port + "/")
	harbour.Wait("document.body.dataset.state === 'off'")
	pictures.take(harbour, "demo-nobody")
	lantern := browser.Open("http://app2.vigil.localhost" + port + "/")
	lantern.Wait("document.body.dataset.state === 'off'")

	harbour.Click("#sign-in")
	harbour.Wait("location.hostname === 'auth.vigil.localhost' && document.querySelector('button[value=signOn]')")
	pictures.take(harbour, "sign-on")
	harbour.Type("input[name=username]", "ada")
	harbour.Type("input[name=password]", "wrong")
	harbour.Click("button[value=signOn]")
	harbour.Wait("document.querySelector('[role=alert]')")
	pictures.take(harbour, "sign-on-wrong")
	harbour.Type("input[name=password]", "analytical-engine")
	harbour.Click("button[value=signOn]")
	for _, tab := range []*chromium.Tab{harbour, lantern} {
		tab.Wait("document.body?.dataset.state === 'on' && document.getElementById('who').textContent === 'Ada Lovelace'")
		tab.Wait(`/^1:5\d$|^2:00$/.test(document.getElementById("countdown").textContent)`)
	}
	time.Sleep(2500 * time.Millisecond) // a few answers of the frame
	pictures.take(harbour, "demo-signed-on")
	pictures.pair(harbour, lantern)

	harbour.Click("#sign-off")
	lantern.Wait("document.body.dataset.state === 'off'")
	if news := lantern.Text("#news"); !strings.Contains(news, "signed off in another window") {
		t.Errorf("the other application says %q", news)
	}
	pictures.take(lantern, "demo-signed-off-elsewhere")
	harbour.Wait("location.hostname === 'app1.vigil.localhost' && document.body.dataset.state === 'off'")
	for _, tab := range []*chromium.Tab{harbour, lantern} {
		if console := tab.Console(); len(console) != 0 {
			t.Errorf("the console of %s says %s", tab.URL(), strings.Join(console, "\n"))
		}
	}
}

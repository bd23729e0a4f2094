package chromium

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// startTimeout is generous: a cold start on a busy machine with a cold disk.
const startTimeout = 60 * time.Second

// process is one Chromium with its profile and the listeners of ports 80 and 443.
type process struct {
	ctx    context.Context
	cancel func()
	ports  *standardPorts
}

// shared is the process of all tests of a package; only Main sets it, since Go gives tests no other way to share.
var shared struct {
	sync.Mutex
	wanted  bool
	process *process
}

// Main runs the tests of a package in one browser process, started by the first test that needs it, and returns the exit
// code for os.Exit.
func Main(m *testing.M) int {
	shared.wanted = true
	code := m.Run()
	if shared.process != nil {
		shared.process.stop()
	}
	return code
}

// sharedProcess returns the process of the package, or a new one that ends with the test.
func sharedProcess(t testing.TB) *process {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.process != nil {
		return shared.process
	}
	p, err := startProcess()
	if err != nil {
		t.Fatal(err)
	}
	if shared.wanted {
		shared.process = p
	} else {
		t.Cleanup(p.stop)
	}
	return p
}

func startProcess() (*process, error) {
	path, err := findChromium()
	if err != nil {
		return nil, err
	}
	ports, err := listenStandardPorts()
	if err != nil {
		return nil, err
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options(path, ports)...)
	ctx, stopBrowser := chromedp.NewContext(allocator)
	p := &process{ctx: ctx, ports: ports, cancel: func() { stopBrowser(); stopAllocator(); ports.close() }}

	// The life of the browser is bound to the context of this first call, so its deadline is kept apart from it.
	started := make(chan error, 1)
	go func() { started <- chromedp.Do(ctx) }()
	select {
	case err = <-started:
	case <-time.After(startTimeout):
		err = fmt.Errorf("no answer within %v", startTimeout)
	}
	if err != nil {
		p.cancel()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return p, nil
}

func (p *process) stop() {
	_ = chromedp.Cancel(p.ctx) // waits for the process and removes its profile
	p.cancel()
}

func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("the browser tests need Chromium, which is not installed: run `make deps`")
}

// options start a browser that talks to nobody but us. Timers and hidden tabs are throttled as they are for users.
func options(path string, ports *standardPorts) []chromedp.ExecAllocatorOption {
	list := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path),
		chromedp.Headless,
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.DisableGPU,
		chromedp.WindowSize(1280, 900),
		chromedp.Flag("host-resolver-rules", ports.resolverRules()),
		chromedp.Flag("ignore-certificate-errors-spki-list", ports.keyHash),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("password-store", "basic"),
	}
	for _, flag := range []string{
		"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-extensions",
		"disable-default-apps", "disable-breakpad", "disable-dev-shm-usage", "disable-popup-blocking", "metrics-recording-only",
	} {
		list = append(list, chromedp.Flag(flag, true))
	}
	if os.Geteuid() == 0 {
		list = append(list, chromedp.NoSandbox)
	}
	return list
}

package rehearsal

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chromedp/chromedp"

	"vigil/internal/keys"
)

// House is a browser and an address at which one provider after the other is opened. Close it.
type House struct {
	ctx      context.Context //nolint:containedctx // the browser's, which lives as long as the house
	cancel   func()
	listener net.Listener
	server   *http.Server
	handler  atomic.Pointer[http.Handler]
	rsa      keys.Lent
	vouches  func() (*rsa.PrivateKey, error) // the key of other identity providers
	idle     []*tab                          // browsers that no case uses
	endowed  map[string]endowed              // passkeys by whose they are, made in the cases before
}

// ErrNoBrowser: this machine has no Chromium.
var ErrNoBrowser = errors.New("there is no Chromium here: install chromium or Google Chrome, so that its command can be found")

// startTimeout is generous: a cold start on a busy machine with a cold disk.
const startTimeout = 60 * time.Second

// Open starts a browser. ErrNoBrowser.
func Open(ctx context.Context) (*House, error) {
	path, err := findBrowser()
	if err != nil {
		return nil, err
	}
	h := &House{endowed: map[string]endowed{}}
	h.vouches = sync.OnceValues(h.rsa.Next)
	if h.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	h.server = &http.Server{Handler: http.HandlerFunc(h.serve), ReadHeaderTimeout: time.Minute}
	go func() { _ = h.server.Serve(h.listener) }()
	allocator, stopAllocator := chromedp.NewExecAllocator(ctx, options(path)...)
	browser, stopBrowser := chromedp.NewContext(allocator)
	h.ctx, h.cancel = browser, func() {
		_ = chromedp.Cancel(browser) // waits for the process and removes its profile
		stopBrowser()
		stopAllocator()
		_ = h.server.Close()
	}
	// The life of the browser is bound to the context of this first call, so its deadline is kept apart from it.
	started := make(chan error, 1)
	go func() { started <- chromedp.Do(browser) }()
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	select {
	case err = <-started:
	case <-timeout.C:
		err = fmt.Errorf("no answer within %v", startTimeout)
	}
	if err != nil {
		h.cancel()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return h, nil
}

// Close ends the browser.
func (h *House) Close() { h.cancel() }

func (h *House) serve(w http.ResponseWriter, r *http.Request) {
	if handler := h.handler.Load(); handler != nil {
		(*handler).ServeHTTP(w, r)
		return
	}
	http.NotFound(w, r)
}

// origin is that of a host of the house. Browsers take it for secure and need no DNS for it.
func (h *House) origin(host string) string {
	_, port, _ := net.SplitHostPort(h.listener.Addr().String())
	return fmt.Sprintf("http://%s.vigil.localhost:%s", host, port)
}

func findBrowser() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoBrowser
}

// options start a browser that talks to nobody but us. Without a name service of its own it finds no other host. There is no sandbox inside the
// sandboxes that builds run in, and nothing foreign is opened.
func options(path string) []chromedp.ExecAllocatorOption {
	list := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.DisableGPU, chromedp.NoSandbox,
		chromedp.Flag("host-resolver-rules", "MAP * 127.0.0.1"),
		chromedp.Flag("password-store", "basic"),
		chromedp.Flag("disable-features", "BackForwardCache,MediaRouter,OptimizationHints,PaintHolding,Translate"), // a tenth of all work
	}
	for _, flag := range []string{
		"disable-background-networking", "disable-component-update", "disable-sync", "disable-extensions", "disable-default-apps", "disable-breakpad",
		"disable-dev-shm-usage", "metrics-recording-only",
	} {
		list = append(list, chromedp.Flag(flag, true))
	}
	return list
}

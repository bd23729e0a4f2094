package chromium

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Browser is one person's browser: cookies, storage and tabs that no other test shares. It ends with its test.
type Browser struct {
	t       testing.TB
	ctx     context.Context
	process *process
}

// Start opens a fresh browser. It fails the test if Chromium is missing or does not start.
func Start(t testing.TB) *Browser {
	t.Helper()
	p := sharedProcess(t)
	ctx, cancel := chromedp.NewContext(p.ctx, chromedp.WithNewBrowserContext())
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		t.Fatalf("open a browser: %v", err)
	}
	t.Cleanup(cancel)
	return &Browser{t: t, ctx: ctx, process: p}
}

// Serve answers ports 80 and 443 of every host until the test ends. One test at a time can have them.
func (b *Browser) Serve(handler http.Handler) {
	b.t.Helper()
	if !b.process.ports.handler.CompareAndSwap(nil, &handler) {
		b.t.Fatal("another test serves ports 80 and 443: do not run them in parallel")
	}
	b.t.Cleanup(func() { b.process.ports.handler.Store(nil) })
}

// Certificate is what the browser trusts for localhost and names below it, on any port, with its key.
func (b *Browser) Certificate() tls.Certificate { return b.process.ports.certificate }

// Open opens a tab, in a window of its own and therefore visible, and waits for the page to load. An empty URL is a blank page.
func (b *Browser) Open(url string) *Tab {
	b.t.Helper()
	return b.newTab(url)
}

// Popup runs an action and returns the tab that it opened.
func (b *Browser) Popup(from *Tab, action func()) *Tab {
	b.t.Helper()
	opened := chromedp.WaitNewTarget(from.ctx, func(info *target.Info) bool { return info.Type == "page" })
	action()
	select {
	case id, ok := <-opened:
		if ok {
			return b.newTab("", chromedp.WithTargetID(id))
		}
	case <-time.After(patience):
	}
	from.fail("no tab was opened")
	return nil
}

func (b *Browser) newTab(url string, opts ...chromedp.ContextOption) *Tab {
	b.t.Helper()
	tab := &Tab{t: b.t, url: url}
	var cancel func()
	tab.ctx, cancel = chromedp.NewContext(b.ctx, append(opts, chromedp.WithListener(tab.hear))...)
	tab.close = cancel
	if err := chromedp.Do(tab.ctx); err != nil {
		b.t.Fatalf("open a tab: %v", err)
	}
	b.t.Cleanup(cancel)
	if url != "" {
		tab.Go(url)
	}
	return tab
}

// Cookies returns the browser's cookies of a host, HttpOnly ones too, with their attributes.
func (b *Browser) Cookies(host string) []*network.Cookie {
	b.t.Helper()
	id := chromedp.FromContext(b.ctx).BrowserContextID
	all, err := chromedp.CallBrowser(b.ctx, storage.GetCookies, storage.GetCookiesParams{BrowserContextID: id})
	if err != nil {
		b.t.Fatalf("read the cookies: %v", err)
	}
	var own []*network.Cookie
	for _, cookie := range all.Cookies {
		if strings.TrimPrefix(cookie.Domain, ".") == host {
			own = append(own, cookie)
		}
	}
	return own
}

// EndRun removes what a browser forgets when it is restarted: the session cookies of a host. Tabs stay.
func (b *Browser) EndRun(host string) {
	b.t.Helper()
	for _, cookie := range b.Cookies(host) {
		if !cookie.Session {
			continue
		}
		where := network.DeleteCookiesParams{Name: cookie.Name, Domain: cookie.Domain, Path: cookie.Path}
		if _, err := chromedp.Call(b.ctx, network.DeleteCookies, where); err != nil {
			b.t.Fatalf("remove the cookie %s: %v", cookie.Name, err)
		}
	}
}

package rehearsal

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// patience is how long a page may take to come.
const patience = 15 * time.Second

// tab is one browser of a person: cookies that no other case shares. Several use it, one after the other.
type tab struct {
	ctx   context.Context //nolint:containedctx // the tab's, which lives as long as the house
	close func()
	key   webauthn.AuthenticatorID // empty: no page has asked for one
}

// newTab gives a browser that knows nothing. Give it back.
func (h *House) newTab() (*tab, error) {
	if last := len(h.idle) - 1; last >= 0 {
		t := h.idle[last]
		h.idle = h.idle[:last]
		return t, nil
	}
	ctx, cancel := chromedp.NewContext(h.ctx, chromedp.WithNewBrowserContext())
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		return nil, fmt.Errorf("open a browser: %w", err)
	}
	t := &tab{ctx: ctx, close: cancel}
	// An authenticator without a person would take up every offer: passkeys are pressed here, as cases say it.
	const unoffered = "if (window.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false"
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: unoffered}); err != nil {
		cancel()
		return nil, fmt.Errorf("prepare a browser: %w", err)
	}
	return t, nil
}

// giveBack takes a browser for the next case. One that cannot forget is closed.
func (h *House) giveBack(t *tab) {
	if t == nil {
		return
	}
	if err := t.forget(); err != nil {
		t.close()
		return
	}
	h.idle = append(h.idle, t)
}

// forget leaves the page, and takes away what it kept.
func (t *tab) forget() error {
	if err := t.open("about:blank"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	id := chromedp.FromContext(ctx).BrowserContextID
	if _, err := chromedp.CallBrowser(ctx, storage.ClearCookies, storage.ClearCookiesParams{BrowserContextID: id}); err != nil {
		return fmt.Errorf("clear the cookies: %w", err)
	}
	if t.key == "" {
		return nil
	}
	_, err := t.authenticator()
	return err
}

// open loads an address.
func (t *tab) open(url string) error {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		return fmt.Errorf("open %s: %w", url, err)
	}
	return nil
}

// eval runs an expression in the page and reads its value.
func eval[T any](t *tab, expression string) (value T, err error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// submit does what leaves the page, and waits for the next one. Refused is an expression for what the page itself says when it does not leave.
func (t *tab) submit(act, refused string) error {
	if _, err := eval[json.RawMessage](t, "window.rehearsed = true, ("+act+"), null"); err != nil {
		return fmt.Errorf("act on the page: %w", err)
	}
	words := ""
	left := func() bool {
		state, err := eval[string](t, "window.rehearsed ? "+refused+" : document.readyState === 'complete' ? 'left' : ''")
		if err == nil && state != "" && state != "left" {
			words = state
		}
		return err == nil && state != "" // an error: the page is on its way to another
	}
	if !waitFor(patience, left) {
		return fmt.Errorf("the next page did not come within %v", patience)
	}
	if words != "" {
		return fmt.Errorf("the page sends nothing and says %q", words)
	}
	return nil
}

// await waits until an expression is true, across pages: longer where a page looks for news by itself.
func (t *tab) await(expression, what string) error {
	wait := patience + t.pause()
	there := func() bool {
		is, err := eval[bool](t, expression)
		return err == nil && is
	}
	if !waitFor(wait, there) {
		return fmt.Errorf("%s did not come within %v", what, wait)
	}
	return nil
}

// pause is how long a page that waits for another device lets pass between two looks for news. Zero: the page does not wait.
func (t *tab) pause() time.Duration {
	every, err := eval[float64](t, "Number(document.querySelector('script[data-next]')?.dataset.every ?? 0)")
	if err != nil {
		return 0
	}
	return time.Duration(every) * time.Millisecond
}

// restless reports whether the page may be another in a moment without anybody's doing: it is not all there yet, or waits for another device.
func (t *tab) restless() bool {
	is, err := eval[bool](t, "document.readyState !== 'complete' || !!document.querySelector('script[data-next]')")
	return err != nil || is // an error: the page is on its way to another
}

// waitFor tries until it is so. False: it was not in time.
func waitFor(most time.Duration, so func() bool) bool {
	for begin := time.Now(); time.Since(begin) < most; time.Sleep(5 * time.Millisecond) {
		if so() {
			return true
		}
	}
	return false
}

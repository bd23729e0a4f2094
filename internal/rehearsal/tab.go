package rehearsal

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/chromedp/chromedp"
)

// patience is how long a page may take to come.
const patience = 15 * time.Second

// tab is one browser of a person: cookies that no other case shares.
type tab struct {
	ctx   context.Context //nolint:containedctx // the tab's, which lives as long as the case
	close func()
}

func (h *House) newTab() (*tab, error) {
	ctx, cancel := chromedp.NewContext(h.ctx, chromedp.WithNewBrowserContext())
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		return nil, fmt.Errorf("open a browser: %w", err)
	}
	return &tab{ctx: ctx, close: cancel}, nil
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

// submit does what leaves the page, and waits for the next one.
func (t *tab) submit(act string) error {
	if _, err := eval[json.RawMessage](t, "window.rehearsed = true, ("+act+"), null"); err != nil {
		return fmt.Errorf("act on the page: %w", err)
	}
	return t.await("!window.rehearsed && document.readyState === 'complete'", "the next page")
}

// await waits until an expression is true, across pages.
func (t *tab) await(expression, what string) error {
	for begin := time.Now(); time.Since(begin) < patience; time.Sleep(5 * time.Millisecond) {
		if there, err := eval[bool](t, expression); err == nil && there { // an error: the page is on its way to another
			return nil
		}
	}
	return fmt.Errorf("%s did not come within %v", what, patience)
}

package chromium

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience ends a verb whose effect does not come. It is longer than any machine takes for one, so that no test fails for being slow.
const patience = time.Minute

// Tab is one page of a browser. Its verbs fail the test on any error. Use a tab from one goroutine at a time.
type Tab struct {
	t     testing.TB
	ctx   context.Context
	close func()
	url   string

	mu      sync.Mutex
	console []string
}

// Go loads a URL and waits for the load event.
func (tab *Tab) Go(url string) {
	tab.t.Helper()
	tab.url = url
	tab.do("load "+url, chromedp.Navigate(url))
}

// Before runs a script in every document of the tab, frames of the same site among them, before any script of theirs.
func (tab *Tab) Before(script string) {
	tab.t.Helper()
	if _, err := chromedp.Call(tab.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		tab.fail("add a script: %v", err)
	}
}

// Reload loads the page again.
func (tab *Tab) Reload() {
	tab.t.Helper()
	tab.do("reload", chromedp.Reload())
}

// Back begins to go one page back in the tab's history, as the button does. A page that was kept whole fires no load event, so wait
// for what is to come.
func (tab *Tab) Back() {
	tab.t.Helper()
	tab.Do("void setTimeout(() => history.back())")
}

// Close closes the tab.
func (tab *Tab) Close() { tab.close() }

// URL is the address of the page.
func (tab *Tab) URL() string {
	tab.t.Helper()
	return Eval[string](tab, "location.href")
}

// Eval runs an expression in a page, as if the person had just clicked there, awaits it if it is a promise and returns its value.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise, byTheUser))
	if err != nil {
		tab.fail("%s: %v", shorten(expression), err)
	}
	return value
}

// Do runs an expression for its effect and awaits it if it is a promise.
func (tab *Tab) Do(expression string) {
	tab.t.Helper()
	Eval[chromedp.Void](tab, expression)
}

// Wait waits until an expression is true in the page, across navigations. How soon is no matter of this verb: the machine may be busy.
func (tab *Tab) Wait(expression string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	var last string
	for {
		value, err := chromedp.Run(ctx, chromedp.Evaluate[json.RawMessage](expression, chromedp.EvalAwaitPromise))
		switch {
		case err == nil && isTrue(value):
			return
		case ctx.Err() != nil:
			tab.fail("after %v still not %s: %s", patience, shorten(expression), last)
		case err != nil: // the page is on its way to another
			last = err.Error()
		default:
			last = string(value)
		}
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// WaitURL waits until the address of the page begins with a prefix.
func (tab *Tab) WaitURL(prefix string) {
	tab.t.Helper()
	tab.Wait(fmt.Sprintf("location.href.startsWith(%q) && document.readyState === 'complete'", prefix))
}

// Click waits for the first element of a CSS selector to be visible and clicks it.
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	tab.do("click "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// Type waits for the first element of a CSS selector to be visible and types into it.
func (tab *Tab) Type(selector, text string) {
	tab.t.Helper()
	tab.do("type into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text, chromedp.NodeVisible))
}

// Text is the visible text of the first element of a CSS selector, once it is there.
func (tab *Tab) Text(selector string) string {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(selector)))
	if err != nil {
		tab.fail("read %s: %v", selector, err)
	}
	return text
}

// Memory is what the scripts of the tab's process hold after garbage was collected, in bytes.
func (tab *Tab) Memory() int {
	tab.t.Helper()
	_, err := chromedp.Call(tab.ctx, heapprofiler.CollectGarbage, cdp.Empty{})
	if err != nil {
		tab.fail("collect garbage: %v", err)
	}
	usage, err := chromedp.Call(tab.ctx, runtime.GetHeapUsage, cdp.Empty{})
	if err != nil {
		tab.fail("read the memory: %v", err)
	}
	return int(usage.UsedSize)
}

// Freeze stops the page as a browser does with tabs long unused; Thaw lets it go on.
func (tab *Tab) Freeze() { tab.t.Helper(); tab.lifecycle(page.SetWebLifecycleStateStateFrozen) }

// Thaw lets a frozen page go on.
func (tab *Tab) Thaw() { tab.t.Helper(); tab.lifecycle(page.SetWebLifecycleStateStateActive) }

func (tab *Tab) lifecycle(state page.SetWebLifecycleStateState) {
	tab.t.Helper()
	if _, err := chromedp.Call(tab.ctx, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: state}); err != nil {
		tab.fail("make the page %s: %v", state, err)
	}
}

// Console is what the page wrote so far: messages, uncaught exceptions, and what the browser itself complained about.
func (tab *Tab) Console() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return append([]string(nil), tab.console...)
}

func (tab *Tab) hear(event any) {
	var line string
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		words := []string{string(e.Type) + ":"}
		for _, arg := range e.Args {
			words = append(words, strings.Trim(string(arg.Value), `"`)+arg.Description)
		}
		line = strings.Join(words, " ")
	case *runtime.EventExceptionThrown:
		line = "exception: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			line += " " + e.ExceptionDetails.Exception.Description
		}
	case *log.EventEntryAdded:
		line = string(e.Entry.Source) + ": " + e.Entry.Text + " " + e.Entry.URL
	default:
		return
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.console = append(tab.console, line)
}

func (tab *Tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	err := chromedp.Do(ctx, steps...)
	for gone(err) && ctx.Err() == nil {
		err = chromedp.Do(ctx, steps...)
	}
	if err != nil {
		tab.fail("%s: %v", what, err)
	}
}

// gone reports whether an element went away with its page between being found and being touched. Nothing happened to it: the next page may have it.
func gone(err error) bool {
	refused := (*cdproto.Error)(nil)
	return errors.As(err, &refused) && strings.Contains(refused.Message, "node with given id")
}

// fail names the page and what it wrote.
func (tab *Tab) fail(format string, args ...any) {
	tab.t.Helper()
	console := strings.Join(tab.Console(), "\n\t")
	tab.t.Fatalf("%s\n\tpage opened as %s\n\tconsole: %s", fmt.Sprintf(format, args...), tab.url, console)
}

func byTheUser(p *runtime.EvaluateParams) { yes := true; p.UserGesture = &yes }

func isTrue(value []byte) bool {
	switch strings.TrimSpace(string(value)) {
	case "", "false", "null", "0", `""`:
		return false
	}
	return true
}

func shorten(expression string) string {
	expression = strings.Join(strings.Fields(expression), " ")
	if len(expression) > 200 {
		return expression[:200] + "…"
	}
	return expression
}

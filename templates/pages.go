package templates

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"sync/atomic"
)

//go:embed layout.html page/*.html
var files embed.FS

// Pages renders every page. It is safe for use by many goroutines.
type Pages struct {
	form, failure, signedOff, signingOff, signOffQuestion, consent, formPost, alreadyDone *template.Template

	words  atomic.Pointer[map[string]*Words] // by language. Nil: English alone
	blanks blanks
}

// Speak lets pages in other languages than English have their own words, by BCP 47 tag, from now on.
func (p *Pages) Speak(words map[string]*Words) {
	p.words.Store(&words)
	p.blanks.mu.Lock()
	defer p.blanks.mu.Unlock()
	p.blanks.known = nil
}

// Words are those of a language, or English where it has none.
func (p *Pages) Words(language string) *Words {
	if all := p.words.Load(); all != nil && (*all)[language] != nil {
		return (*all)[language]
	}
	return English()
}

// dress gives a page what it leaves out.
func (p *Pages) dress(page Page) Page {
	if page.Words == nil {
		page.Words = p.Words(page.Language)
	}
	return page.withDefaults()
}

// New parses the embedded templates. An error means that the binary was built
// from broken templates; the tests of this package would have failed.
func New() (*Pages, error) {
	layout, err := template.ParseFS(files, "layout.html")
	if err != nil {
		return nil, fmt.Errorf("parse the layout of the pages: %w", err)
	}
	pages := &Pages{}
	for _, page := range []struct {
		name string
		into **template.Template
	}{
		{"form", &pages.form},
		{"error", &pages.failure},
		{"signedoff", &pages.signedOff},
		{"signingoff", &pages.signingOff},
		{"signoffquestion", &pages.signOffQuestion},
		{"consent", &pages.consent},
		{"formpost", &pages.formPost},
		{"alreadydone", &pages.alreadyDone},
	} {
		parsed, err := template.Must(layout.Clone()).ParseFS(files, "page/"+page.name+".html")
		if err != nil {
			return nil, fmt.Errorf("parse page %q: %w", page.name, err)
		}
		*page.into = parsed
	}
	return pages, nil
}

// Form writes a flow's form.
func (p *Pages) Form(w io.Writer, page FormPage) error {
	if page.repeats() {
		kept, err := p.blank(&page)
		if err != nil {
			return err
		}
		if kept != nil {
			return p.fill(w, kept, &page)
		}
	}
	page.Page = p.dress(page.Page)
	return render(w, p.form, newFormView(page))
}

// Error writes the page that ends a request that cannot be answered otherwise.
func (p *Pages) Error(w io.Writer, page ErrorPage) error {
	page.Page = p.dress(page.Page)
	page.Title, page.Message = page.Words.say(page.Title), page.Words.say(page.Message)
	page.Advice = slices.Clone(page.Advice)
	for i := range page.Advice {
		page.Advice[i] = page.Words.say(page.Advice[i])
	}
	return render(w, p.failure, page)
}

// SignedOff writes the page after a sign-off that leads nowhere else.
func (p *Pages) SignedOff(w io.Writer, page SignedOffPage) error {
	page.Page = p.dress(page.Page)
	return render(w, p.signedOff, page)
}

// SigningOff writes the page after a sign-off that applications hear of in
// the browser.
func (p *Pages) SigningOff(w io.Writer, page SigningOffPage) error {
	page.Page = p.dress(page.Page)
	return render(w, p.signingOff, signingOffView{page, onward(page.Onward), page.Patience.Milliseconds(), signingOffScript})
}

// SignOffQuestion writes the question that OIDC RP-Initiated Logout 2 wants
// when nothing proves that the application, and not a stranger, asks.
func (p *Pages) SignOffQuestion(w io.Writer, page SignOffQuestionPage) error {
	page.Page = p.dress(page.Page)
	return render(w, p.signOffQuestion, page)
}

// FormPost writes the page that posts an authorization response to the
// application (OAuth 2.0 Form Post Response Mode 2).
func (p *Pages) FormPost(w io.Writer, page FormPostPage) error {
	page.Page = p.dress(page.Page)
	return render(w, p.formPost, formPostView{page, formPostScript})
}

// AlreadyDone writes the page for a sign-on that cannot go on here.
func (p *Pages) AlreadyDone(w io.Writer, page AlreadyDonePage) error {
	page.Page = p.dress(page.Page)
	return render(w, p.alreadyDone, page)
}

// render builds the whole page before the first byte leaves, so that an error
// never follows half a page.
func render(w io.Writer, page *template.Template, data any) error {
	var out bytes.Buffer
	if err := page.ExecuteTemplate(&out, "layout", data); err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	if _, err := out.WriteTo(w); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

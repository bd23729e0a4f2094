package rehearsal

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"vigil/engine/connector/builtin"
	"vigil/engine/flowtest"
	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/internal/mail"
	"vigil/internal/server"
	"vigil/internal/tenant"
)

// Run plays the cases of a test file on the stage and in the browser.
func (h *House) Run(flow *graph.Flow, name string, source []byte) flowtest.Report {
	return flowtest.RunBeside(flow, name, source, func(scene flowtest.Scene) (flowtest.Double, error) {
		if why := unable(scene); why != "" {
			return nil, &flowtest.UnableError{Why: why}
		}
		p := &performance{house: h, scene: scene, notes: map[string]string{}, now: time.Now().UTC().Truncate(time.Second)}
		if err := p.open(); err != nil {
			p.Close()
			return nil, err
		}
		return p, nil
	})
}

// unable says why a case cannot be played here. Empty: it can.
func unable(scene flowtest.Scene) string {
	settings, secrets := scene.Flow.Reads()
	q := scene.Request
	switch {
	case scene.Flow.Part:
		return "a part is played where a flow calls it"
	case len(settings) > 0 || len(secrets) > 0:
		return "the flow reads settings or secrets"
	case q.IP != "" || q.Country != "" || q.Language != "" || q.Locale != "" || q.Browser.Name+q.Browser.Version+q.Browser.Platform != "" || q.Browser.Passkeys:
		return "a real browser says for itself what it is and where it comes from"
	}
	for i := range scene.People {
		if scene.People[i].Passkey {
			return "passkeys come from an authenticator"
		}
		if len(scene.People[i].External) > 0 {
			return "other identity providers are not here"
		}
	}
	return ""
}

// performance is one case before a real server: a flowtest.Double.
type performance struct {
	house  *House
	scene  flowtest.Scene
	folder string
	server *server.Server
	tab    *tab
	client string            // who asks
	notes  map[string]string // what was read

	mu      sync.Mutex
	now     time.Time
	letters []mail.Message
}

// Close implements flowtest.Double.
func (p *performance) Close() {
	if p.tab != nil {
		p.tab.close()
	}
	p.house.handler.Store(nil)
	if p.server != nil {
		_ = p.server.Close()
	}
	_ = os.RemoveAll(p.folder)
}

func (p *performance) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// Advance implements flowtest.Double.
func (p *performance) Advance(d time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
	return nil
}

// Send implements mail.Sender.
func (p *performance) Send(_ context.Context, _ *tenant.Mail, letters []mail.Message) []error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.letters = append(p.letters, letters...)
	return make([]error, len(letters))
}

// Start implements flowtest.Double.
func (p *performance) Start() error { return p.ask(p.client, p.scene.Request.Reauthenticate) }

// ask lets an application send the browser to the provider.
func (p *performance) ask(client string, again bool) error {
	q := url.Values{
		"client_id": {client}, "response_type": {"id_token"}, "scope": {"openid"}, "nonce": {"n"}, "state": {"s"}, "redirect_uri": {p.house.origin("app") + "/back"},
	}
	if again {
		q.Set("prompt", "login")
	}
	request := p.scene.Request
	if request.LoginHint != "" {
		q.Set("login_hint", request.LoginHint)
	}
	if len(request.ACRValues) > 0 {
		q.Set("acr_values", strings.Join(request.ACRValues, " "))
	}
	if request.MaxAge > 0 {
		q.Set("max_age", strconv.Itoa(int(request.MaxAge/time.Second)))
	}
	return p.tab.open(p.house.origin("sso") + "/as/authorize?" + q.Encode())
}

// Shows implements flowtest.Double.
func (p *performance) Shows(page run.Page) error {
	for i := range page.Fields {
		switch page.Fields[i].Type {
		case graph.PasskeyField, graph.NewPasskeyField:
			return &flowtest.UnableError{Why: "passkeys come from an authenticator"}
		case graph.ExternalField:
			return &flowtest.UnableError{Why: "other identity providers are not here"}
		}
	}
	// The stage has looked for the answer of another device by now. So does a page without script.
	if next, err := eval[string](p.tab, "document.querySelector('script[data-next]')?.dataset.next ?? ''"); err != nil || next != "" {
		if err == nil {
			err = p.tab.open(p.house.origin("sso") + next)
		}
		if err != nil {
			return err
		}
	}
	shown, err := p.tab.look()
	if err != nil {
		return err
	}
	if why := expected(page).differs(shown); why != "" {
		return fmt.Errorf("page %q: %s", page.Node, why)
	}
	return nil
}

// Answer implements flowtest.Double.
func (p *performance) Answer(page run.Page, input run.Input) error {
	values := map[string]string{}
	for name, entry := range input.Values {
		value, err := p.compute(entry)
		if err != nil {
			return err
		}
		values[name] = value
	}
	for i := range page.Fields {
		f := &page.Fields[i]
		value, told := values[f.Name]
		if _, twice := values[f.Repeat]; f.Repeat != "" && told && !twice {
			values[f.Repeat] = value
		}
		if f.Type == graph.EffortField && !told {
			if err := p.tab.await("[...document.querySelectorAll('[data-effort] input')].every((i) => i.value)", "the answer to the puzzle"); err != nil {
				return err
			}
		}
	}
	return p.tab.submit(strings.TrimSpace(fillPage) + "(" + literal(values) + "," + literal(input.Button) + ")")
}

// Read implements flowtest.Double.
func (p *performance) Read(what, to, as string) error {
	if what == "page" {
		shown, err := p.tab.look()
		if err != nil {
			return err
		}
		if len(shown.Lines) == 0 {
			return fmt.Errorf("the browser shows nothing to read")
		}
		p.notes[as] = shown.Lines[0]
		return nil
	}
	if err := p.server.Mail.Round(p.house.ctx); err != nil {
		return err
	}
	p.server.Mail.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	var letter *mail.Message
	for i := range p.letters {
		if to == "" || p.letters[i].To == p.address(to) {
			letter = &p.letters[i]
		}
	}
	if letter == nil {
		return fmt.Errorf("no e-mail came from the server")
	}
	p.notes[as] = flowtest.FindIn(letter.Text)
	return nil
}

// address is where letters for somebody of the file go.
func (p *performance) address(to string) string {
	for i := range p.scene.People {
		if p.scene.People[i].Account.ID == to {
			return p.scene.People[i].Account.Email
		}
	}
	return to
}

// Opens implements flowtest.Double.
func (p *performance) Opens(string) error {
	return &flowtest.UnableError{Why: "it opens a link on another device"}
}

// compute gives what an entry stands for.
func (p *performance) compute(entry string) (string, error) {
	word, computed := strings.CutPrefix(entry, "= ")
	if !computed {
		return entry, nil
	}
	if app, who, _ := strings.Cut(word, "."); app == "totp" {
		secret, err := p.appSecret(who)
		if err != nil {
			return "", err
		}
		return builtin.TOTP(secret, p.clock())
	}
	return p.notes[word], nil
}

// back answers for the application.
func back(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte("<!doctype html><title>back</title>"))
}

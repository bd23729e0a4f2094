package rehearsal

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"vigil/engine/flowtest"
	"vigil/engine/graph"
	"vigil/internal/mail"
	"vigil/internal/server"
	"vigil/internal/tenant"
)

// Run plays the cases of a test file on the stage and in the browser. Name is its path: texts of other languages are read in the folder locales
// beside it, where cases ask for them.
func (h *House) Run(flow *graph.Flow, name string, source []byte) flowtest.Report {
	return flowtest.RunBeside(flow, name, source, func(scene flowtest.Scene) (flowtest.Double, error) {
		if why := unable(scene); why != "" {
			return nil, &flowtest.UnableError{Why: why}
		}
		p := &performance{
			house: h, scene: scene, beside: filepath.Dir(name), notes: map[string]string{}, now: time.Now().UTC().Truncate(time.Second),
			passkeys: map[string][]passkey{}, links: map[string]string{}, codes: map[string]grant{},
		}
		if err := p.open(); err != nil {
			defer p.Close()
			return nil, p.explained(err)
		}
		return p, nil
	})
}

// performance is one case before a real server: a flowtest.Double.
type performance struct {
	house  *House
	scene  flowtest.Scene
	beside string // the folder of the test file
	folder string // of the server
	server *server.Server
	client string            // who asks
	notes  map[string]string // what was read
	first  *tab              // where somebody signs on
	// tab is looked at and answered now: the first one, or that of another device.
	tab      *tab
	passkeys map[string][]passkey // by whose they are
	showers  []shower             // devices that wait

	mu      sync.Mutex
	now     time.Time
	letters []mail.Message
	logged  []string          // what the server had to tell
	acting  string            // who signs on before the case begins
	visitor string            // who comes to another identity provider
	codes   map[string]grant  // given out by other identity providers
	links   map[string]string // the latest address by the part behind it. Empty: it was mailed
	ended   *ended            // how the part that is tested ended. Nil: it did not yet
}

// Close implements flowtest.Double.
func (p *performance) Close() {
	if p.tab != p.first {
		p.house.giveBack(p.tab)
	}
	p.house.giveBack(p.first)
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

// backPath is where the application takes answers.
const backPath = "/back"

// back answers for the application.
func back(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte("<!doctype html><title>The application</title>"))
}

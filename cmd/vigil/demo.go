package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"vigil/internal/config"
	"vigil/internal/server"
	"vigil/internal/store/bolt"
	"vigil/static"
)

type demoCommand struct {
	Port int    `default:"8080" help:"The port to serve on."`
	Data string `placeholder:"DIR" help:"The folder of the database. Default: one in the user's cache folder."`
	Log  bool   `help:"Write the access log."`
}

//go:embed demo.yaml
var demoYAML string

// Run serves the demonstration until it is interrupted.
func (c *demoCommand) Run(w *world) error {
	cfg, err := c.configure()
	if err != nil {
		return err
	}
	apps, err := demoApplications(cfg)
	if err != nil {
		return err
	}
	err = serve(w, server.Options{Config: cfg, Log: newLog(w.err, cfg.Log), Hosts: apps, Letters: &mailbox{out: w.out}}, func([]string) { c.welcome(w, cfg) })
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("port %d is taken: try vigil demo --port %d", c.Port, c.Port+1)
	case errors.Is(err, bolt.ErrLocked):
		return fmt.Errorf("another demo uses the folder %s: stop it, or give this one a folder with --data", cfg.Data)
	}
	return err
}

// configure reads the embedded file as any other.
func (c *demoCommand) configure() (*config.Config, error) {
	if c.Port < 1 || c.Port > 65535 {
		return nil, fmt.Errorf("there is no port %d", c.Port)
	}
	source := strings.ReplaceAll(demoYAML, "PORT", strconv.Itoa(c.Port))
	cfg, found := config.Parse("demo.yaml", []byte(source), func(string) (string, bool) { return "", false })
	if cfg == nil {
		return nil, fmt.Errorf("the demo's configuration is refused: %s", found[0].Summary)
	}
	cfg.Data = c.Data
	if cfg.Data == "" {
		cfg.Data = "vigil-data"
		if cache, err := os.UserCacheDir(); err == nil {
			cfg.Data = filepath.Join(cache, "vigil-demo")
		}
	}
	if c.Log {
		cfg.Log.Level = 0
	}
	return cfg, nil
}

// demoApp is what the page of a demonstration application knows of itself.
type demoApp struct {
	Name     string    `json:"name"`
	ClientID string    `json:"clientId"`
	Issuer   string    `json:"issuer"`
	Accent   string    `json:"accent"` // a CSS colour
	Other    demoOther `json:"other"`
}

type demoOther struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// demoApplications gives the handlers of both applications by host.
func demoApplications(cfg *config.Config) (map[string]http.Handler, error) {
	e := cfg.Environments[0]
	tags, err := static.Tags()
	if err != nil {
		return nil, err
	}
	apps, accents := map[string]http.Handler{}, []string{"#0f766e", "#b45309"}
	for i, a := range e.Applications {
		other := e.Applications[1-i]
		about, err := json.Marshal(demoApp{
			Name: a.Name, ClientID: a.ClientID, Issuer: e.Hosts[0] + "/as", Accent: accents[i],
			Other: demoOther{Name: other.Name, URL: other.RedirectURIs[0]},
		})
		if err != nil {
			return nil, fmt.Errorf("encode config.json: %w", err)
		}
		host := strings.Trim(strings.TrimPrefix(a.RedirectURIs[0], "http://"), "/")
		apps[host] = demoPage(about, tags, demoPolicy(e.Hosts[0]))
	}
	return apps, nil
}

// demoPolicy lets an application's page load its own files and the provider's SDK, and frame its own pages and the provider's.
//
// CSP Level 3 6.1.
func demoPolicy(provider string) string {
	return "default-src 'none'; script-src 'self' " + provider + "; style-src 'self'; img-src 'self' data:; connect-src 'self' " + provider +
		"; frame-src 'self' " + provider + "; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
}

// demoPage serves config.json and the files of static/demo.
func demoPage(about []byte, tags map[string]string, policy string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		path := r.URL.Path
		switch path {
		case "/config.json":
			h.Set("Content-Type", "application/json")
			_, _ = w.Write(about)
			return
		case "/":
			path = "/index.html"
		case "/index.html": // one address for one page
			path = ""
		}
		tag, known := tags["demo"+path]
		if !known {
			http.NotFound(w, r)
			return
		}
		h.Set("Content-Security-Policy", policy)
		h.Set("ETag", tag)
		http.ServeFileFS(w, r, static.FS(), "demo"+path)
	})
}

// welcome tells what to open and whom to be.
func (c *demoCommand) welcome(w *world, cfg *config.Config) {
	bold, dim, plain := "", "", ""
	if isTerminal(w.out) {
		bold, dim, plain = "\x1b[1m", "\x1b[2m", "\x1b[0m"
	}
	e := cfg.Environments[0]
	fmt.Fprintf(w.out, "\n  %sVigil keeps watch.%s\n\n", bold, plain)
	for _, a := range e.Applications {
		fmt.Fprintf(w.out, "    %-10s %s%s%s\n", a.Name, bold, a.RedirectURIs[0], plain)
	}
	fmt.Fprintf(w.out, "    %-10s %s/as/.well-known/openid-configuration\n\n", "Provider", e.Hosts[0])
	for i, u := range e.Users {
		fmt.Fprintf(w.out, "    %-10s %s%-6s%s with the password  %s%s%s\n", []string{"Sign on as", "or as"}[min(i, 1)], bold, u.Username, plain, bold, u.Password, plain)
	}
	fmt.Fprint(w.out, `
  Open both applications side by side. Sign on in one, then sign off in the
  other, or touch nothing for two minutes: each knows at once.

`)
	fmt.Fprintf(w.out, "  %sData in %s. Ctrl-C stops it.%s\n\n", dim, cfg.Data, plain)
}

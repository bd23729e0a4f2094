package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"vigil/internal/admin"
	"vigil/internal/config"
	"vigil/internal/doctor"
	"vigil/internal/tenant"
)

type doctorCommands struct {
	Examine doctorCommand       `cmd:"" default:"withargs" help:"Examine hosts as browsers meet them: names, certificates, and what stands in front."`
	Ticket  doctorTicketCommand `cmd:"" help:"Print a ticket with which vigil doctor on another machine may ask this server what arrives."`
}

type doctorCommand struct {
	Origins     []string `arg:"" optional:"" help:"Origins such as https://sso.example.com. None: all https hosts of the configuration."`
	Config      string   `short:"c" default:"vigil.yaml" help:"The configuration file. Without one only what anybody sees is examined."`
	Ticket      string   `help:"A ticket of vigil doctor ticket. Left out: the server's socket in the data folder gives one."`
	Connect     string   `placeholder:"HOST:PORT" help:"Connect there in place of where the names lead."`
	Authorities string   `placeholder:"FILE" help:"A PEM file of authorities to trust instead of the system's."`
	Quick       bool     `help:"Leave out the half minute in which the stream of events is listened to."`
	Strict      bool     `help:"Leave exit code 2 for warnings."`
	Format      string   `enum:"text,json" default:"text" help:"text or json."`
}

type doctorTicketCommand struct {
	Config string `short:"c" default:"vigil.yaml" help:"The configuration file."`
}

// Run prints the ticket alone, for $(…).
func (c *doctorTicketCommand) Run(w *world) error {
	cfg, err := w.loadConfig(c.Config, nil)
	if err != nil {
		return err
	}
	given, err := admin.NewClient(cfg.Data).ProbeTicket(w)
	if err != nil {
		return fmt.Errorf("ask the server for a ticket: %w", err)
	}
	fmt.Fprintln(w.out, given.Ticket)
	return nil
}

// examined is what was found at one host.
type examined struct {
	Origin   string           `json:"origin"`
	Findings []doctor.Finding `json:"findings"`
}

// Run examines one host after the other: they share a proxy, and its patience is examined.
func (c *doctorCommand) Run(w *world) error {
	cfg, err := c.configuration(w)
	if err != nil {
		return err
	}
	hosts, err := c.hosts(w, cfg)
	if err != nil {
		return err
	}
	roots, err := c.roots()
	if err != nil {
		return err
	}
	worst := doctor.OK
	all := make([]examined, 0, len(hosts))
	for _, o := range hosts {
		o.Roots, o.Quick, o.Now, o.Dial, o.Ticket = roots, c.Quick, time.Now, c.dial(), c.ticket(w, cfg, o.Origin)
		found, err := doctor.Examine(w, o)
		if err != nil {
			fmt.Fprintf(w.err, "vigil: %s: %v\n", o.Origin, err)
			return exit(exitMisused)
		}
		all = append(all, examined{o.Origin + o.Prefix, found})
		worst = doctor.Worst(append(found, doctor.Finding{Severity: worst}))
		if c.Format == "text" {
			showFindings(w, all[len(all)-1])
		}
	}
	if c.Format == "json" {
		if err := printJSON(w, all); err != nil {
			return err
		}
	}
	switch {
	case worst == doctor.Error:
		return exit(exitFailed)
	case worst == doctor.Warning && c.Strict:
		return exit(exitWarned)
	}
	return nil
}

// configuration may be missing where origins are given. Nil: it is.
func (c *doctorCommand) configuration(w *world) (*config.Config, error) {
	if _, err := os.Stat(c.Config); errors.Is(err, fs.ErrNotExist) && len(c.Origins) > 0 {
		return nil, nil
	}
	return w.loadConfig(c.Config, nil)
}

// hosts are what to examine: with what the configuration says of them, if it does.
func (c *doctorCommand) hosts(w *world, cfg *config.Config) ([]doctor.Options, error) {
	if cfg == nil {
		var all []doctor.Options
		for _, origin := range c.Origins {
			all = append(all, doctor.Options{Origin: strings.TrimSuffix(origin, "/")})
		}
		return all, nil
	}
	tenants, err := cfg.Tenants()
	if err != nil {
		return nil, err
	}
	known := httpsHosts(tenants)
	if len(c.Origins) == 0 {
		if len(known) == 0 {
			fmt.Fprintln(w.err, "vigil: the configuration has no https host: name what to examine")
			return nil, exit(exitMisused)
		}
		return known, nil
	}
	var all []doctor.Options
	for _, origin := range c.Origins {
		origin = strings.TrimSuffix(origin, "/")
		one := doctor.Options{Origin: origin}
		for _, k := range known {
			if k.Origin == origin {
				one = k
				break
			}
		}
		all = append(all, one)
	}
	return all, nil
}

// httpsHosts are all hosts with https, each with the applications of its environment; a shared host with its first environment.
func httpsHosts(tenants *tenant.Tenants) []doctor.Options {
	var all []doctor.Options
	add := func(origin, prefix string, e *tenant.Environment) {
		if strings.HasPrefix(origin, "https://") {
			all = append(all, doctor.Options{Origin: origin, Prefix: prefix, Applications: watched(e), Siblings: slices.Concat(e.Hosts, tenants.Shared)})
		}
	}
	for _, e := range tenants.Environments {
		for _, origin := range e.Hosts {
			add(origin, "", e)
		}
	}
	for _, origin := range tenants.Shared {
		e := tenants.Environments[0]
		add(origin, "/"+e.ID, e)
	}
	return all
}

func watched(e *tenant.Environment) []doctor.Application {
	var all []doctor.Application
	for _, a := range e.Applications {
		if a.Enabled {
			all = append(all, doctor.Application{ClientID: a.ClientID, Origins: a.Origins(), Watches: a.OpSessionCheckEnabled && a.SessionManaged()})
		}
	}
	return all
}

// ticket opens the server's probes. Empty: no server here gives one, or it would be shown to somebody else's host.
func (c *doctorCommand) ticket(w *world, cfg *config.Config, origin string) string {
	if c.Ticket != "" || cfg == nil {
		return c.Ticket
	}
	tenants, err := cfg.Tenants()
	if u, wrong := url.Parse(origin); err != nil || wrong != nil || !tenants.KnowsHost(u.Host) {
		return ""
	}
	given, err := admin.NewClient(cfg.Data).ProbeTicket(w)
	if err != nil {
		return "" // the examination says what it could not see, and why
	}
	return given.Ticket
}

// dial goes where --connect says; plain HTTP to port 80 there. Nil: where the names lead.
func (c *doctorCommand) dial() func(ctx context.Context, network, address string) (net.Conn, error) {
	if c.Connect == "" {
		return nil
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		to := c.Connect
		if host, _, err := net.SplitHostPort(c.Connect); err == nil && strings.HasSuffix(address, ":80") {
			to = net.JoinHostPort(host, "80")
		}
		return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, network, to)
	}
}

func (c *doctorCommand) roots() (*x509.CertPool, error) {
	if c.Authorities == "" {
		return nil, nil
	}
	text, err := os.ReadFile(c.Authorities)
	if err != nil {
		return nil, fmt.Errorf("read authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", c.Authorities)
	}
	return pool, nil
}

// showFindings writes what was found for people: the good in a line, the bad with why and how to mend it.
func showFindings(w *world, e examined) {
	fmt.Fprintln(w.out, e.Origin)
	counts := map[doctor.Severity]int{}
	for _, f := range e.Findings {
		counts[f.Severity]++
		fmt.Fprintf(w.out, "  %-8s %-16s %s\n", f.Severity, f.Check, printable(f.Summary)) // words of whoever answers there
		if f.Severity == doctor.OK {
			continue
		}
		if f.Why != "" {
			fmt.Fprintf(w.out, "           %-16s %s\n", "", f.Why)
		}
		for _, m := range f.Mend {
			fmt.Fprintf(w.out, "           %-16s %s: %s\n", "", m.Where, printable(m.Line))
		}
	}
	fmt.Fprintf(w.out, "  %s, %s, %s.\n\n", count(counts[doctor.Error], "error"), count(counts[doctor.Warning], "warning"), count(counts[doctor.Note], "note"))
}

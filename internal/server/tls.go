package server

import (
	"crypto/tls"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"vigil/internal/config"
	"vigil/internal/listen"
)

// secure lets listeners speak TLS, and those of redirects lead there, if the configuration says so.
func (s *Server) secure(serving, redirects []Listener) error {
	cfg := s.options.Config
	if cfg.TLS == nil {
		return nil
	}
	o := listen.Options{
		Pairs: cfg.TLS.Certificates, Names: cfg.CertifiedNames(), HSTS: cfg.TLS.HSTS, AsksClients: asksClients(cfg), Log: s.options.Log, Now: s.options.Now,
	}
	if cfg.TLS.MinVersion == config.MinTLS13 {
		o.MinVersion = tls.VersionTLS13
	}
	if a := cfg.TLS.ACME; a != nil {
		o.ACME = &listen.ACME{Directory: a.Directory, Email: a.Email, Roots: a.Roots, Folder: filepath.Join(cfg.Data, "acme"), TLSPort: portOf(serving[0])}
		o.ACME.Host, _, _ = net.SplitHostPort(cfg.Listen[0])
		if len(redirects) > 0 {
			o.ACME.HTTPPort = portOf(redirects[0])
		}
	}
	var err error
	if s.tls, err = listen.New(o); err != nil {
		return err
	}
	s.metrics.Certificates(s.tls.Ends)
	shared := s.tls.Config()
	for i := range serving {
		serving[i].TLS, serving[i].Handler = shared, s.tls.Secure(serving[i].Handler)
	}
	for i := range redirects {
		redirects[i].Handler = s.tls.Redirect(originsByName(cfg))
	}
	return nil
}

func portOf(l Listener) int {
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		return a.Port
	}
	return 0
}

// originsByName are where plain HTTP leads to: the first host of each name.
func originsByName(cfg *config.Config) map[string]string {
	origins := map[string]string{}
	hosts := slices.Clone(cfg.SharedHosts)
	for i := range cfg.Environments {
		hosts = append(hosts, cfg.Environments[i].Hosts...)
	}
	for _, origin := range hosts {
		if u, err := url.Parse(origin); err == nil && u.Scheme == "https" && origins[u.Hostname()] == "" {
			origins[u.Hostname()] = origin
		}
	}
	return origins
}

// asksClients says where clients are asked for certificates: at the certificateHost of an environment or, without one, at its hosts. Nil: nowhere.
//
// RFC 8705 5: an origin of its own spares people in browsers the question.
func asksClients(cfg *config.Config) func(name string, local net.Addr) bool {
	if cfg.ClientCertificates == nil {
		return nil
	}
	type place struct{ name, port string }
	asked, names := map[place]bool{}, map[string]bool{}
	for i := range cfg.Environments {
		e := &cfg.Environments[i]
		if e.CertificateHost == "" {
			for _, origin := range e.Hosts {
				names[nameOf(origin)] = true
			}
			continue
		}
		u, err := url.Parse(e.CertificateHost)
		switch {
		case err != nil:
		case slices.ContainsFunc(e.Hosts, func(origin string) bool { return nameOf(origin) == u.Hostname() }):
			asked[place{u.Hostname(), u.Port()}] = true // another port of the same name
		default:
			names[u.Hostname()] = true
		}
	}
	return func(name string, local net.Addr) bool {
		name = strings.ToLower(name)
		if names[name] {
			return true
		}
		address, ok := local.(*net.TCPAddr)
		return ok && asked[place{name, strconv.Itoa(address.Port)}]
	}
}

func nameOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

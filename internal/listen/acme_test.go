package listen_test

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/internal/fixture"
	"vigil/internal/fixture/acme"
	"vigil/internal/listen"
)

func port(t *testing.T, l net.Listener) int {
	t.Helper()
	_, text, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func loopback(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// certified opens a house whose certificates come from pebble, with a plain listener beside it if byHTTP.
func certified(t *testing.T, folder string, byHTTP bool) (*house, *acme.Pebble) {
	t.Helper()
	secure, plain := loopback(t), loopback(t)
	tlsPort, httpPort, ourHTTP := port(t, secure), port(t, plain), 0
	if byHTTP {
		ourHTTP = httpPort
		closed := loopback(t)
		tlsPort = port(t, closed)
		_ = closed.Close() // 443 does not lead here
	}
	p := acme.New(t, httpPort, tlsPort)
	h := openAt(t, fixture.NewAuthority(t), listen.Options{
		Names: []string{"sso.example.com", "login.example.org"},
		ACME:  &listen.ACME{Directory: p.Directory, Email: "ops@vigil.test", Roots: p.Roots, Folder: folder, Host: "127.0.0.1", TLSPort: port(t, secure), HTTPPort: ourHTTP},
	}, secure, http.HandlerFunc(hello))
	if byHTTP {
		server := &http.Server{Handler: h.tls.Redirect(nil), ReadHeaderTimeout: time.Second}
		t.Cleanup(func() { _ = server.Close() })
		go func() { _ = server.Serve(plain) }()
	}
	return h, p
}

func TestAnAuthorityGivesTheCertificatesOfAllHosts(t *testing.T) {
	for name, byHTTP := range map[string]bool{"by a proof in TLS": false, "by a proof over HTTP": true} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			h, p := certified(t, folder, byHTTP)
			for _, name := range []string{"sso.example.com", "login.example.org"} {
				fixture.Until(t, name+" has its certificate", func() bool { return strings.Contains(h.log.String(), `msg="certificate obtained" name=`+name) })
				config := func() (err error) { _, err = h.dialWith(name, p.Issued()); return err }
				fixture.Until(t, name+" is served", func() bool { return config() == nil })
			}
			if _, err := h.dialWith("evil.example.net", p.Issued()); err == nil {
				t.Error("a certificate was asked for, for a stranger's name")
			}
			if end := h.tls.Ends()["sso.example.com"]; time.Until(end) < 80*24*time.Hour {
				t.Errorf("the certificate of 90 days ends at %v", end)
			}
			if strings.Contains(h.log.String(), "level=ERROR") && !byHTTP {
				t.Error(h.log.String())
			}
			kept := 0
			err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
				if err == nil && strings.HasSuffix(path, ".key") {
					info, wrong := d.Info()
					if kept++; wrong != nil || info.Mode().Perm() != 0o600 {
						t.Errorf("%s may be read by others", path)
					}
				}
				return err
			})
			if err != nil || kept < 2 {
				t.Errorf("%d keys are kept, %v", kept, err)
			}
		})
	}
}

func TestARestartServesWhatIsThereWhileTheAuthorityIsDown(t *testing.T) {
	folder := t.TempDir()
	first, p := certified(t, folder, false)
	for _, name := range []string{"sso.example.com", "login.example.org"} {
		fixture.Until(t, name+" has its certificate", func() bool { return strings.Contains(first.log.String(), `msg="certificate obtained" name=`+name) })
	}
	p.Close()
	l := loopback(t)
	second := openAt(t, first.authority, listen.Options{
		Names: []string{"sso.example.com", "login.example.org"},
		ACME:  &listen.ACME{Directory: p.Directory, Email: "ops@vigil.test", Roots: p.Roots, Folder: folder, Host: "127.0.0.1", TLSPort: port(t, l)},
	}, l, http.HandlerFunc(hello))
	fixture.Until(t, "it serves", func() bool { _, err := second.dialWith("sso.example.com", p.Issued()); return err == nil })
	if said := second.log.String(); strings.Contains(said, "obtained") {
		t.Errorf("a certificate that is there was asked for again:\n%s", said)
	}
}

func TestWhyThereIsNoCertificateIsSaidWithHelp(t *testing.T) {
	secure := loopback(t)
	nobody := loopback(t)
	elsewhere := port(t, nobody)
	_ = nobody.Close()
	p := acme.New(t, elsewhere, elsewhere)
	h := openAt(t, fixture.NewAuthority(t), listen.Options{
		Names: []string{"sso.example.com"},
		ACME:  &listen.ACME{Directory: p.Directory, Email: "ops@vigil.test", Roots: p.Roots, Folder: t.TempDir(), Host: "127.0.0.1", TLSPort: port(t, secure)},
	}, secure, http.HandlerFunc(hello))
	fixture.Until(t, "the log says why", func() bool { return strings.Contains(h.log.String(), "certificate not obtained") })
	if said := h.log.String(); !strings.Contains(said, "ports 443 or 80") {
		t.Errorf("the log says\n%s", said)
	}
	if _, err := h.dialWith("sso.example.com", p.Issued()); err == nil {
		t.Error("there is a certificate")
	}
	fixture.Until(t, "the handshake says why", func() bool { return strings.Contains(h.log.String(), "no certificate yet") })
}

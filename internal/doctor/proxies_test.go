package doctor_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigil/internal/doctor"
	"vigil/internal/fixture"
)

// proxies are the programs whose configuration stands in the manual. Around it is what a distribution's own files say: modules, folders, logs.
func proxies() map[string]struct {
	command []string
	around  string // FOLDER, USER and CONFIGURATION stand for what their names say
	// plain: the manual leaves certificates to the program, which has none to get here.
	certificate string
} {
	return map[string]struct {
		command     []string
		around      string
		certificate string
	}{
		"nginx": {command: []string{"/usr/sbin/nginx", "-p", "FOLDER", "-c", "FOLDER/proxy.conf", "-g", "daemon off;"}, around: `USER
pid FOLDER/pid; error_log FOLDER/error.log; events {}
http {
  access_log off;
  client_body_temp_path FOLDER/body; proxy_temp_path FOLDER/proxy; fastcgi_temp_path FOLDER/fastcgi; uwsgi_temp_path FOLDER/uwsgi; scgi_temp_path FOLDER/scgi;
  gzip on; gzip_types application/json;
CONFIGURATION
}
`},
		"apache": {command: []string{"/usr/sbin/apache2", "-d", "FOLDER", "-f", "FOLDER/proxy.conf", "-DFOREGROUND"}, around: `USER
PidFile FOLDER/pid
ErrorLog FOLDER/error.log
Mutex file:FOLDER
Listen 127.0.0.1:443
Listen 127.0.0.1:80
ServerName localhost
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
LoadModule http2_module /usr/lib/apache2/modules/mod_http2.so
LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
LoadModule filter_module /usr/lib/apache2/modules/mod_filter.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
CONFIGURATION
`},
		"caddy": {command: []string{"/usr/bin/caddy", "run", "--config", "FOLDER/proxy.conf", "--adapter", "caddyfile"}, certificate: "  tls /etc/letsencrypt/live/sso.example.com/fullchain.pem /etc/letsencrypt/live/sso.example.com/privkey.pem\n", around: `{
  admin off
  auto_https disable_certs
  http_port 80
  https_port 443
  default_bind 127.0.0.1
}
CONFIGURATION
`},
	}
}

// snippet is the block of the manual that is written for a program.
func snippet(t *testing.T, kind string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(text), "\n```"+kind+"\n")
	block, _, closed := strings.Cut(block, "\n```\n")
	if !found || !closed {
		t.Fatalf("docs/operating.md says nothing of %s", kind)
	}
	return block
}

// start runs a program with a configuration until the test ends, and waits for it to listen at port.
func start(t *testing.T, folder, port string, command []string) {
	t.Helper()
	for i := range command {
		command[i] = strings.ReplaceAll(command[i], "FOLDER", folder)
	}
	c := exec.Command(command[0], command[1:]...)
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "XDG_DATA_HOME=" + folder, "XDG_CONFIG_HOME=" + folder}
	var said strings.Builder
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatalf("%s is not installed: run `make deps`: %v", command[0], err)
	}
	ended := make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	fixture.Until(t, command[0]+" listens", func() bool {
		select {
		case <-ended:
			errors, _ := os.ReadFile(filepath.Join(folder, "error.log"))
			t.Fatalf("%s ended:\n%s%s", command[0], &said, errors)
		default:
		}
		open, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = open.Close()
		}
		return err == nil
	})
}

func TestTheProxiesOfTheManualHaveNothingToMend(t *testing.T) {
	provider := newProvider(t, "127.0.0.1")
	for kind, p := range proxies() {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t, provider)
			found := w.behind(kind, p.command, p.around, snippet(t, kind), p.certificate)
			if worst := doctor.Worst(found); worst == doctor.Error || worst == doctor.Warning {
				t.Errorf("%s", spell(found))
			}
			for _, check := range []string{"stream", "client-address", "cookies", "frame", "long-header", "redirect"} {
				if !strings.Contains(spell(found), "ok "+check+":") {
					t.Errorf("%s was not good:\n%s", check, spell(found))
				}
			}
		})
	}
}

// What people get wrong with a real nginx, as it comes when lines of the manual are left out or others put in.
func TestARealNginxThatIsWrongIsFoundOut(t *testing.T) {
	provider := newProvider(t, "127.0.0.1")
	nginx := proxies()["nginx"]
	for name, c := range map[string]struct{ out, in, finds, says string }{
		"no Host":              {"proxy_set_header Host $host;", "", "error host", "in place of sso.example.com"},
		"a stranger's address": {"$remote_addr", "$http_x_forwarded_for", "error client-address", "of strangers"},
		"no buffer":            {"proxy_buffer_size 16k;", "proxy_buffer_size 4k; proxy_busy_buffers_size 16k;", "warning long-header", "(502)"},
		"X-Frame-Options":      {"proxy_http_version 1.1;", "proxy_http_version 1.1; add_header X-Frame-Options DENY;", "error frame", "X-Frame-Options: DENY"},
		"no patience":          {"proxy_http_version 1.1;", "proxy_http_version 1.1; proxy_read_timeout 1s;", "error stream", "of silence"},
		"packed streams":       {"proxy_http_version 1.1;", "proxy_http_version 1.1; gzip_types *;", "error stream", "compressed (gzip)"},
		"cookies of a path":    {"proxy_http_version 1.1;", "proxy_http_version 1.1; proxy_cookie_path / /sso/;", "error cookies", "path=/sso/ is new"},
		"small bodies":         {"proxy_http_version 1.1;", "proxy_http_version 1.1; client_max_body_size 1k;", "error body", "(413)"},
		"long addresses":       {"4 16k", "4 4k", "warning long-url", "does not arrive"},
		"errors of its own":    {"proxy_http_version 1.1;", "proxy_http_version 1.1; proxy_intercept_errors on; error_page 400 401 404 /oops;", "error pages", "of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, provider)
			w.options.Silence = 2 * time.Second
			w.options.Quick = !strings.HasSuffix(c.finds, "stream")
			block := snippet(t, "nginx")
			if !strings.Contains(block, c.out) {
				t.Fatalf("the manual does not say %q", c.out)
			}
			found := w.behind("nginx", nginx.command, nginx.around, strings.Replace(block, c.out, c.in, 1), "")
			for _, f := range found {
				if string(f.Severity)+" "+f.Check == c.finds && strings.Contains(f.Summary, c.says) {
					return
				}
			}
			t.Errorf("wanted %s: %s\n%s", c.finds, c.says, spell(found))
		})
	}
}

// behind examines the provider behind a program that is configured as the manual says, save for ports and files.
func (w *world) behind(kind string, command []string, around, configuration, certificate string) []doctor.Finding {
	w.t.Helper()
	folder := w.t.TempDir()
	for _, path := range []string{folder, filepath.Dir(folder)} {
		if err := os.Chmod(path, 0o755); err != nil { // workers are another user
			w.t.Fatal(err)
		}
	}
	chain, key := w.authority.Issue(folder, "proxy", 60*24*time.Hour, "sso.example.com")
	user := ""
	if os.Geteuid() == 0 {
		user = map[string]string{"nginx": "user www-data;", "apache": "User www-data\nGroup www-data"}[kind]
	}
	if certificate != "" {
		configuration = strings.Replace(configuration, "{\n", "{\n"+certificate, 1)
	}
	secure, plain := fmt.Sprint(fixture.Port()), fmt.Sprint(fixture.Port())
	text := strings.NewReplacer("CONFIGURATION", configuration, "USER", user).Replace(around)
	text = strings.NewReplacer(
		"FOLDER", folder, "/etc/letsencrypt/live/sso.example.com/fullchain.pem", chain, "/etc/letsencrypt/live/sso.example.com/privkey.pem", key,
		"http://127.0.0.1:8080", w.backend.String(), "127.0.0.1:8080", w.backend.Host,
		"listen 443", "listen 127.0.0.1:"+secure, "listen 80", "listen 127.0.0.1:"+plain, "Listen 127.0.0.1:443", "Listen 127.0.0.1:"+secure, "Listen 127.0.0.1:80", "Listen 127.0.0.1:"+plain,
		"*:443", "*:"+secure, "*:80", "*:"+plain, "https_port 443", "https_port "+secure, "http_port 80", "http_port "+plain,
	).Replace(text)
	if err := os.WriteFile(filepath.Join(folder, "proxy.conf"), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	start(w.t, folder, secure, append([]string{}, command...))
	w.options.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		to := secure
		if strings.HasSuffix(address, ":80") {
			to = plain
		}
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+to)
	}
	found, err := doctor.Examine(w.t.Context(), w.options)
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

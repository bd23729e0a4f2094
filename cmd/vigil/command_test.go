package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigil/internal/chromium"
	"vigil/internal/fixture"
)

// asCommand makes the test's own binary be vigil.
const asCommand = "VIGIL_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	code := chromium.Main(m)
	if postgresServer != nil {
		_ = postgresServer.Stop()
	}
	os.Exit(code)
}

// configuration is a file that serves one environment on a free port.
const configuration = `listen: 127.0.0.1:0
data: data
environments:
  - id: one
    hosts: ["http://sso.vigil.localhost:8080"]
    applications:
      - clientId: web
        type: WEB_APP
        clientSecret: ${WEB_SECRET}
        redirectUris: ["https://web.example.com/cb"]
    users:
      - {username: grace, password: "${GRACE}"}
`

// bench is a folder to run vigil in.
type bench struct {
	t      *testing.T
	folder string
	env    []string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return &bench{t: t, folder: t.TempDir(), env: []string{"WEB_SECRET=web-secret-1234", "GRACE=nanosecond-wire"}}
}

func (b *bench) write(name, text string) {
	b.t.Helper()
	path := filepath.Join(b.folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) command(ctx context.Context, args ...string) *exec.Cmd {
	b.t.Helper()
	self, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	c := exec.CommandContext(ctx, self, args...)
	c.Dir = b.folder
	c.Env = append([]string{asCommand + "=1", "HOME=" + b.folder, "PATH=" + os.Getenv("PATH")}, b.env...)
	return c
}

// result is what a command left behind.
type result struct {
	out, err string
	code     int
}

// run carries out one command line with something on standard input.
func (b *bench) run(input string, args ...string) result {
	b.t.Helper()
	var out, errs bytes.Buffer
	c := b.command(b.t.Context(), args...)
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(input), &out, &errs
	err := c.Run()
	var left *exec.ExitError
	if err != nil && !errors.As(err, &left) {
		b.t.Fatalf("run %v: %v", args, err)
	}
	return result{out.String(), errs.String(), c.ProcessState.ExitCode()}
}

// must runs a command that has to succeed, and gives its output.
func (b *bench) must(input string, args ...string) string {
	b.t.Helper()
	r := b.run(input, args...)
	if r.code != exitDone {
		b.t.Fatalf("%v: exit %d\n%s%s", args, r.code, r.out, r.err)
	}
	return r.out
}

// running is a vigil that serves.
type running struct {
	b       *bench
	c       *exec.Cmd
	address string
	log     *fixture.Journal
	ended   chan struct{}
}

var served = regexp.MustCompile(`msg=serving addresses=\[([^\] ]+)\]`)

// serve starts vigil serve and waits until it listens.
func (b *bench) serve(args ...string) *running {
	b.t.Helper()
	r := &running{b: b, c: b.command(context.Background(), append([]string{"serve"}, args...)...), log: &fixture.Journal{}, ended: make(chan struct{})}
	r.c.Stderr = r.log
	if err := r.c.Start(); err != nil {
		b.t.Fatal(err)
	}
	go func() {
		_ = r.c.Wait()
		close(r.ended)
	}()
	b.t.Cleanup(func() {
		_ = r.c.Process.Kill()
		<-r.ended
	})
	fixture.Until(b.t, "vigil serves", func() bool {
		select {
		case <-r.ended:
			b.t.Fatalf("vigil serve does not serve:\n%s", r.log)
		default:
		}
		if match := served.FindStringSubmatch(r.log.String()); match != nil {
			r.address = match[1]
		}
		return r.address != ""
	})
	return r
}

// stop asks the process to end with a signal, and gives the exit code.
func (r *running) stop(with syscall.Signal) int {
	r.b.t.Helper()
	if err := r.c.Process.Signal(with); err != nil {
		r.b.t.Fatal(err)
	}
	<-r.ended
	return r.c.ProcessState.ExitCode()
}

// get asks the server under a host's name.
func (r *running) get(host, path string) (status int, body string) {
	r.b.t.Helper()
	request, err := http.NewRequestWithContext(r.b.t.Context(), http.MethodGet, "http://"+r.address+path, nil)
	if err != nil {
		r.b.t.Fatal(err)
	}
	request.Host = host
	response, err := (&http.Client{Timeout: time.Minute}).Do(request)
	if err != nil {
		r.b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		r.b.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

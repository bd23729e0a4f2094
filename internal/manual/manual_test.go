package manual

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/diag"
	"vigil/internal/config"
	"vigil/internal/fixture"
)

var update = flag.Bool("update", false, "write generated pages anew")

// secrets are what the examples take from the environment.
func secrets(name string) (string, bool) {
	if name == "ADA_PASSWORD" {
		return "analytical engine", true
	}
	return "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldC0", true
}

func TestEveryConfigurationAndEveryFlowInTheManualIsWithoutMistakes(t *testing.T) {
	registry := connector.NewRegistry(builtin.All(builtin.Ports{})...)
	for _, b := range blocks(t) {
		if b.kind != "yaml" {
			continue
		}
		var mistakes []diag.Diagnostic
		switch {
		case strings.Contains(b.text, "environments:"):
			_, mistakes = config.Parse("vigil.yaml", []byte(b.text), secrets)
		case strings.Contains(b.text, "\nnodes:"):
			name, _, _ := strings.Cut(strings.TrimPrefix(b.text, "flow: "), "\n")
			_, mistakes = engine.Compile(name+".yaml", []byte(b.text), registry)
		}
		for _, m := range mistakes {
			t.Errorf("%s:%d: %s", b.page, b.line+m.Subject.Start.Line-1, m.Summary)
		}
	}
}

func TestEveryScriptInTheManualIsAModuleThatParses(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node is missing: make deps installs it")
	}
	for _, b := range blocks(t) {
		if b.kind != "js" {
			continue
		}
		file := filepath.Join(t.TempDir(), "example.mjs")
		if err := os.WriteFile(file, []byte(b.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(node, "--check", file).CombinedOutput(); err != nil {
			t.Errorf("%s:%d: %s", b.page, b.line, out)
		}
	}
}

func TestTheReferenceOfTheConfigurationIsThatOfTheCode(t *testing.T) {
	same(t, "configuration.md", config.Reference())
}

// same compares a generated page with its file, or writes it.
func same(t *testing.T, page, want string) {
	t.Helper()
	path := filepath.Join(top, "docs", page)
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/%s is not what the code says; `go test ./internal/manual -update` writes it anew", page)
	}
}

// reader follows the manual in a folder of its own.
type reader struct {
	t      *testing.T
	vigil  string
	folder string
	port   string // instead of 8080, which may be taken
	env    []string
	// recording is what stands as ID in commands: the last run that was recorded.
	recording string
}

func TestEveryCommandInTheManualDoesWhatItSays(t *testing.T) {
	r := &reader{t: t, vigil: filepath.Join(t.TempDir(), "vigil"), folder: t.TempDir(), port: fmt.Sprint(fixture.Port()), env: os.Environ()}
	if out, err := exec.Command("go", "build", "-o", r.vigil, top+"/cmd/vigil").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, b := range blocks(t) {
		if b.page == "README.md" && b.kind == "yaml" {
			text := strings.ReplaceAll(b.text, ":8080", ":"+r.port)
			if err := os.WriteFile(filepath.Join(r.folder, "vigil.yaml"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.env = append(r.env, "ADA_PASSWORD=analytical engine")
	for _, b := range blocks(t) {
		if b.kind != "sh" {
			continue
		}
		for i, line := range strings.Split(strings.TrimSpace(b.text), "\n") {
			command, _, _ := strings.Cut(line, " #")
			if why := r.follow(strings.TrimSpace(command)); why != "" {
				t.Errorf("%s:%d: %s\n%s", b.page, b.line+i, command, why)
			}
		}
	}
}

// follow runs one line of the manual. Empty: it did what it says.
func (r *reader) follow(line string) (why string) {
	words := strings.Fields(line)
	switch {
	case line == "" || words[0] == "export":
		return ""
	case words[0] == "make":
		if out, err := exec.Command("make", "-C", top, "-n", words[1]).CombinedOutput(); err != nil {
			return string(out)
		}
		return ""
	case strings.HasPrefix(line, "go run ./cmd/vigil "):
		words = words[3:]
	case words[0] == "vigil":
		words = words[1:]
	default:
		return "nobody has tried this: teach the test to run it"
	}
	for i := range words {
		if words[i] == "ID" {
			words[i] = r.recording
		}
	}
	switch {
	case words[0] == "serve" || words[0] == "demo":
		return r.serve(words, func() string { return "" })
	case len(words) > 2 && words[0] == "flow" && words[1] == "record" && !strings.HasPrefix(words[2], "-"):
		return r.serve([]string{"serve"}, func() string { return r.record(words) })
	}
	return r.run(words)
}

// record gives a command to a server, begins a sign-on that is recorded then, and keeps the name of the recording.
func (r *reader) record(words []string) string {
	if why := r.run(words); why != "" {
		return why
	}
	query := url.Values{
		"client_id": {"notes"}, "response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {"http://notes.home.localhost:3000/"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"}, "login_hint": {"ada"},
	}
	request, err := http.NewRequest(http.MethodGet, "http://127.0.0.1:"+r.port+"/as/authorize?"+query.Encode(), http.NoBody)
	if err != nil {
		return err.Error()
	}
	request.Host = "sso.home.localhost:" + r.port
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return err.Error()
	}
	_ = answer.Body.Close()
	cmd := exec.Command(r.vigil, "flow", "recordings", "--json")
	cmd.Dir, cmd.Env = r.folder, r.env
	out, err := cmd.CombinedOutput()
	var list struct {
		Recordings []struct {
			ID string `json:"id"`
		} `json:"recordings"`
	}
	if err != nil || json.Unmarshal(out, &list) != nil || len(list.Recordings) == 0 {
		return "nothing is recorded: " + answer.Status + "\n" + string(out)
	}
	r.recording = list.Recordings[0].ID
	return ""
}

func (r *reader) run(words []string) string {
	stdin := ""
	if len(words) > 1 && words[0] == "user" && (words[1] == "add" || words[1] == "set-password") {
		words, stdin = append(words, "--password-stdin"), "nanosecond wire\n"
	}
	cmd := exec.Command(r.vigil, words...)
	cmd.Dir, cmd.Env, cmd.Stdin = r.folder, r.env, strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		return err.Error() + "\n" + string(out)
	}
	return ""
}

// serve starts a server, waits until it is ready, does something with it, and stops it as an operator would.
func (r *reader) serve(words []string, do func() (why string)) string {
	address := "127.0.0.1:" + r.port
	if words[0] == "demo" {
		words = append(words, "--port", r.port, "--data", r.t.TempDir())
	}
	cmd := exec.Command(r.vigil, words...)
	cmd.Dir, cmd.Env = r.folder, r.env
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return err.Error()
	}
	ready := false
	for range 100 {
		if answer, err := http.Get("http://" + address + "/readyz"); err == nil {
			_ = answer.Body.Close()
			if ready = answer.StatusCode == http.StatusOK; ready {
				break
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	why := "not ready"
	if ready {
		why = do()
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil || why != "" {
		return why + "\n" + out.String()
	}
	return ""
}

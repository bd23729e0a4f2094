package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigil/internal/admin"
)

// register asks the server to register an application.
func (r *running) register(token string) (status int, answer map[string]any) {
	r.b.t.Helper()
	body := strings.NewReader(`{"client_name": "Notes", "redirect_uris": ["https://notes.example.com/cb"], "token_endpoint_auth_method": "none"}`)
	request, err := http.NewRequestWithContext(r.b.t.Context(), http.MethodPost, "http://"+r.address+"/as/register", body)
	if err != nil {
		r.b.t.Fatal(err)
	}
	request.Host = "sso.vigil.localhost:8080"
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := (&http.Client{Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		r.b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err == nil {
		err = json.Unmarshal(text, &answer)
	}
	if err != nil {
		r.b.t.Fatal(err)
	}
	return response.StatusCode, answer
}

func TestOperatorsLetApplicationsInAndTakeThemOut(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", strings.Replace(configuration, "    users:\n", "    registration: {}\n    users:\n", 1))
	early := strings.TrimSpace(b.must("", "client", "token", "before the start", "--for", "1h", "--uses", "0"))
	server := b.serve()
	once := strings.TrimSpace(b.must("", "client", "token", "partners"))
	status, told := server.register(once)
	id, _ := told["client_id"].(string)
	if status != http.StatusCreated || id == "" {
		t.Fatalf("%d %v", status, told)
	}
	if status, _ := server.register(once); status != http.StatusUnauthorized {
		t.Errorf("a token lets a second one in: %d", status)
	}
	if status, told := server.register(early); status != http.StatusCreated {
		t.Errorf("the token of before the start: %d %v", status, told)
	}
	if out := b.must("", "client", "list"); !strings.Contains(out, id) || !strings.Contains(out, `"Notes"`) || !strings.Contains(out, "partners") {
		t.Error(out)
	}
	var tokens []admin.ClientToken
	if err := json.Unmarshal([]byte(b.must("", "client", "tokens", "--json")), &tokens); err != nil || len(tokens) != 1 || tokens[0].Left != -1 || tokens[0].Token != "" {
		t.Fatalf("%v %+v", err, tokens)
	}
	b.must("", "client", "revoke", tokens[0].ID)
	if status, _ := server.register(early); status != http.StatusUnauthorized {
		t.Errorf("a token that was taken back: %d", status)
	}
	if code := server.stop(syscall.SIGTERM); code != exitDone {
		t.Errorf("exit %d", code)
	}
	b.must("", "client", "delete", id)
	var left []admin.RegisteredClient
	if err := json.Unmarshal([]byte(b.must("", "client", "list", "--json")), &left); err != nil || len(left) != 1 || left[0].ID == id || left[0].Metadata["redirect_uris"] == nil {
		t.Errorf("%v %+v", err, left)
	}
	for _, c := range []struct {
		says string
		args []string
	}{
		{"there is no registered client", []string{"client", "delete", id}},
		{"there is no registered client", []string{"client", "delete", ""}},
		{"there is no token", []string{"client", "revoke", "nonsense"}},
		{"a minute to a year", []string{"client", "token", "x", "--for", "1s"}},
		{"uses are 0", []string{"client", "token", "x", "--uses=-1"}},
	} {
		if r := b.run("", c.args...); r.code != exitFailed || !strings.Contains(r.err, c.says) {
			t.Errorf("%v: exit %d, %s", c.args, r.code, r.err)
		}
	}
	if strings.Contains(server.log.String(), once) || strings.Contains(server.log.String(), "registration_access_token") {
		t.Error("a token is in the log")
	}
}

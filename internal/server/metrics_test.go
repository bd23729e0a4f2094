package server

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/internal/config"
	"vigil/internal/password"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// ask gives what an address answers.
func ask(t *testing.T, address string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestMetricsAreServedAtTheirOwnAddressAndNowhereElse(t *testing.T) {
	text := "listen: 127.0.0.1:0\nmetrics: 127.0.0.1:0\ndata: data\nenvironments:\n- id: home\n  hosts: [https://sso.example.com]\n"
	cfg, mistakes := config.Parse(filepath.Join(t.TempDir(), "vigil.yaml"), []byte(text), nil)
	if cfg == nil {
		t.Fatal(mistakes)
	}
	s, err := New(t.Context(), Options{Config: cfg, Passwords: password.Cheapest(), RSA: rsaKeys.Next})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	listeners, err := s.Listen()
	if err != nil || len(listeners) != 2 {
		t.Fatalf("%d listeners, %v", len(listeners), err)
	}
	err = s.kv.Update(t.Context(), func(tx kv.Tx) error {
		return tx.Put(schema.MailDead, bytes.Repeat([]byte{0xff}, 22), []byte("{}"))
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, listeners) }()
	public, own := "http://"+listeners[0].Addr().String(), "http://"+listeners[1].Addr().String()

	if status, _ := ask(t, public+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz: %d", status)
	}
	status, told := ask(t, own+"/metrics")
	if status != http.StatusOK {
		t.Errorf("/metrics: %d", status)
	}
	for _, want := range []string{
		`vigil_http_requests_total{method="GET",route="/healthz",status="200"} 1`, "go_goroutines ",
		`vigil_queue_length{queue="mail_dead"} 1`, `vigil_queue_length{queue="notices"} 0`,
	} {
		if !strings.Contains(told, want) {
			t.Errorf("no %s in\n%s", want, told)
		}
	}
	for _, nothing := range []string{public + "/metrics", own + "/healthz", own + "/as/jwks"} {
		if status, _ := ask(t, nothing); status != http.StatusNotFound && status != http.StatusMisdirectedRequest { // 127.0.0.1 is no host of ours
			t.Errorf("%s: %d", nothing, status)
		}
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

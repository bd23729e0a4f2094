package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vigil/internal/chromium"
	"vigil/internal/fixture"
)

// demo starts the demonstration and waits for its greeting.
func (b *bench) demo(port string) (greeting string, stop func() int) {
	b.t.Helper()
	c := b.command(context.Background(), "demo", "--port", port, "--data", "demo")
	out, err := c.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = c.Process.Kill() })
	text := make([]byte, 0, 4096)
	for !strings.Contains(string(text), "Ctrl-C") {
		part := make([]byte, 1024)
		n, err := out.Read(part)
		if text = append(text, part[:n]...); err != nil {
			b.t.Fatalf("the demo does not greet: %s", text)
		}
	}
	return string(text), func() int {
		b.t.Helper()
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			b.t.Fatal(err)
		}
		_ = c.Wait()
		return c.ProcessState.ExitCode()
	}
}

func TestTheDemoSaysWhatToOpenAndServesIt(t *testing.T) {
	b := newBench(t)
	port := fmt.Sprint(fixture.Port())
	greeting, stop := b.demo(port)
	for _, said := range []string{"http://app1.vigil.localhost:" + port, "http://app2.vigil.localhost:" + port, "ada", "analytical-engine", "grace", "nanosecond-wire", "Data in demo"} {
		if !strings.Contains(greeting, said) {
			t.Errorf("the greeting does not speak of %s:\n%s", said, greeting)
		}
	}
	provider := "http://auth.vigil.localhost:" + port
	get := func(host, path string) (*http.Response, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host + ":" + port
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, string(text)
	}
	for host, name := range map[string]string{"app1.vigil.localhost": "Harbour", "app2.vigil.localhost": "Lantern"} {
		page, text := get(host, "/?code=x")
		if page.StatusCode != http.StatusOK || !strings.Contains(text, `src="app.js"`) || !strings.Contains(page.Header.Get("Content-Security-Policy"), "script-src 'self' "+provider+";") {
			t.Errorf("%s: %s %v", host, page.Status, page.Header)
		}
		var about demoApp
		if _, text := get(host, "/config.json"); json.Unmarshal([]byte(text), &about) != nil || about.Name != name || about.Issuer != provider+"/as" || about.Other.Name == name {
			t.Errorf("%s: %s", host, text)
		}
		for _, path := range []string{"/index.html", "/../sdk/vigil.js", "/nothing", "/demo/app.js"} {
			if page, _ := get(host, path); page.StatusCode != http.StatusNotFound {
				t.Errorf("%s%s: %s", host, path, page.Status)
			}
		}
	}
	if page, text := get("auth.vigil.localhost", "/as/.well-known/openid-configuration"); page.StatusCode != http.StatusOK || !strings.Contains(text, provider+"/as/checksession") {
		t.Errorf("discovery: %s %s", page.Status, text)
	}

	if r := b.run("", "demo", "--port", port, "--data", "other"); r.code != exitFailed || !strings.Contains(r.err, "port "+port+" is taken") {
		t.Errorf("on a port that is taken: exit %d, %s", r.code, r.err)
	}
	if r := b.run("", "demo", "--port", fmt.Sprint(fixture.Port()), "--data", "demo"); r.code != exitFailed || !strings.Contains(r.err, "--data") {
		t.Errorf("on a folder that is taken: exit %d, %s", r.code, r.err)
	}
	if code := stop(); code != exitDone {
		t.Errorf("exit %d", code)
	}
	if _, err := os.Stat(filepath.Join(b.folder, "demo", "vigil.db")); err != nil {
		t.Error(err)
	}
}

func TestTheDemoSignsOnOnceAndOffEverywhere(t *testing.T) {
	b := newBench(t)
	port := fmt.Sprint(fixture.Port())
	_, stop := b.demo(port)
	browser := chromium.Start(t)
	harbour := browser.Open("http://app1.vigil.localhost:" + port + "/")
	harbour.Wait(`!document.querySelector("#sign-in").hidden`)
	harbour.Click("#sign-in")
	harbour.Wait(`document.querySelector("input[type=password]") !== null`)
	harbour.Type("input[type=text]", "ada")
	harbour.Type("input[type=password]", "analytical-engine")
	harbour.Click("button[value=signOn]")
	harbour.WaitURL("http://app1.vigil.localhost:" + port + "/")
	const signedOn, signedOff = `!document.querySelector("#sign-off").hidden`, `!document.querySelector("#sign-in").hidden`
	harbour.Wait(signedOn)

	lantern := browser.Open("http://app2.vigil.localhost:" + port + "/")
	lantern.Wait(signedOn)
	if here, there := harbour.Text("#who"), lantern.Text("#who"); here != there || here == "" {
		t.Errorf("Harbour says %q, Lantern %q", here, there)
	}
	harbour.Click("#sign-off")
	lantern.Wait(signedOff)
	harbour.Wait(signedOff)
	if code := stop(); code != exitDone {
		t.Errorf("exit %d", code)
	}
}

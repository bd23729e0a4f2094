package iframe_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"vigil/iframe"
)

func TestThePageGoesOutWithExactlyTheseHeaders(t *testing.T) {
	var script []byte
	for _, name := range []string{"stream.js", "checksession.js"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		script = append(script, text...)
	}
	sum := sha256.Sum256(script)
	_, etag, got := iframe.Page(iframe.PageConfig{})
	want := map[string]string{
		"Content-Type": "text/html; charset=utf-8",
		"Content-Security-Policy": "default-src 'none'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; connect-src 'self'; base-uri 'none'; form-action 'none'",
		"Cross-Origin-Resource-Policy": "cross-origin",
		"Cross-Origin-Embedder-Policy": "require-corp",
		"Referrer-Policy":              "no-referrer",
		"X-Content-Type-Options":       "nosniff",
		"Cache-Control":                "no-cache",
		"ETag":                         etag,
	}
	if !maps.Equal(got, want) {
		t.Errorf("headers %v\nwant %v", got, want)
	}
}

func TestThePageIsTheSameForEveryoneUntilItsConfigurationChanges(t *testing.T) {
	one, two := iframe.Digest("a", "https://a.example"), iframe.Digest("b", "https://b.example")
	html, etag, _ := iframe.Page(iframe.PageConfig{Digests: []string{one, two}})
	again, sameTag, _ := iframe.Page(iframe.PageConfig{Digests: []string{two, one, two}})
	if !bytes.Equal(html, again) || etag != sameTag {
		t.Error("the order of the registrations changes the page")
	}
	for name, cfg := range map[string]iframe.PageConfig{
		"a pair less":    {Digests: []string{one}},
		"the prefix":     {Digests: []string{one, two}, Prefix: iframe.HostPrefix},
		"another answer": {Digests: []string{one, two}, Registered: "other"},
		"another stream": {Digests: []string{one, two}, Events: "other"},
		"another path":   {Digests: []string{one, two}, Path: "/env"},
		"other sites":    {Digests: []string{one, two}, SameSite: "None"},
	} {
		if _, other, _ := iframe.Page(cfg); other == etag {
			t.Errorf("%s leaves the entity tag as it was", name)
		}
	}
}

func TestAPageOfManyRegistrationsStaysSmall(t *testing.T) {
	var digests []string
	for i := range 10_000 {
		digests = append(digests, iframe.Digest(fmt.Sprint(i), "https://app.example"))
	}
	html, _, _ := iframe.Page(iframe.PageConfig{Digests: digests})
	if n := bytes.Count(html, []byte(`",`)); n < iframe.MaxDigests || len(html) > 25_000 {
		t.Errorf("%d bytes with about %d digests", len(html), n)
	}
}

func TestNoConfigurationEndsTheScriptElement(t *testing.T) {
	html, _, _ := iframe.Page(iframe.PageConfig{Prefix: "</script><script>alert(1)</script>", Registered: "<!--<script>"})
	if got := strings.Count(strings.ToLower(string(html)), "<script"); got != 2 {
		t.Errorf("%d script elements, want the settings and the script", got)
	}
}

package templates_test

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"vigil/templates"
)

func TestThePolicyNamesTheOneScriptOfFormPost(t *testing.T) {
	page := everyPage(t, "x", "https://app.example/cb")["formPost"]
	digest := sha256.Sum256([]byte(text(first(page, "script"))))
	source := "script-src 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) + "'"
	if !strings.Contains(templates.FormPostPolicy, source) {
		t.Errorf("%q does not allow %s", templates.FormPostPolicy, source)
	}
	if text(first(page, "button")) == "" {
		t.Error("nobody can go on without script")
	}
}

func TestFormPostKeepsTheRedirectURIAsItIs(t *testing.T) {
	const uri = "http://[::1]:8080/cb?tenant=a&next=%2Fhome;x=1"
	if got := attr(first(everyPage(t, "x", uri)["formPost"], "form"), "action"); got != uri {
		t.Errorf("the form posts to %q", got)
	}
}

func TestNoPolicyAllowsInlineCodeOrFraming(t *testing.T) {
	for _, policy := range []string{templates.ContentSecurityPolicy, templates.FormPolicy, templates.FormPostPolicy} {
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "style-src 'self'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%q lacks %s", policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%q allows what is unsafe", policy)
		}
	}
}

// Chromium holds every redirect after a post against form-action, the
// application's own redirects included.
func TestPagesWhoseAnswerLeavesHaveNoFormAction(t *testing.T) {
	for _, policy := range []string{templates.FormPolicy, templates.FormPostPolicy} {
		if strings.Contains(policy, "form-action") {
			t.Errorf("%q would stop a sign-on", policy)
		}
	}
	if !strings.Contains(templates.ContentSecurityPolicy, "form-action 'self'") {
		t.Error("ordinary pages may post anywhere")
	}
}

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

func TestThePolicyOfASignOffNamesItsScriptAndTheOriginsOfItsFrames(t *testing.T) {
	page := everyPage(t, "x", "https://app.example/out?iss=a&sid=b")["signingOff"]
	digest := sha256.Sum256([]byte(text(first(page, "script"))))
	policy := templates.SigningOffPolicy([]string{"https://a.example", "http://b.localhost:1"})
	if !strings.Contains(policy, "script-src 'sha256-"+base64.StdEncoding.EncodeToString(digest[:])+"'") {
		t.Errorf("%q does not allow the script", policy)
	}
	if !strings.HasSuffix(policy, "; frame-src https://a.example http://b.localhost:1") {
		t.Errorf("%q names other frames", policy)
	}
	if frames := all(page, "iframe"); len(frames) != 2 || attr(frames[0], "src") != "https://app.example/out?iss=a&sid=b" ||
		strings.Contains(attr(frames[0], "sandbox"), "top-navigation") {
		t.Errorf("frames: %v", frames)
	}
	if attr(first(page, "a"), "href") == "" {
		t.Error("nobody can go on without script")
	}
}

func TestASignOffLeadsBackIntoNativeApplications(t *testing.T) {
	for address, want := range map[string]string{
		"com.example.app:/bye?state=a&x=1": "com.example.app:/bye?state=a&x=1", "https://app.example/bye": "https://app.example/bye",
		"javascript:alert(1)": "#", "JavaScript:alert(1)": "#", "data:text/html,x": "#", "vbscript:x": "#",
	} {
		if got := attr(first(everyPage(t, "x", address)["signingOff"], "a"), "href"); got != want {
			t.Errorf("%s leads to %q", address, got)
		}
	}
}

func TestFormPostKeepsTheRedirectURIAsItIs(t *testing.T) {
	const uri = "http://[::1]:8080/cb?tenant=a&next=%2Fhome;x=1"
	if got := attr(first(everyPage(t, "x", uri)["formPost"], "form"), "action"); got != uri {
		t.Errorf("the form posts to %q", got)
	}
}

func TestNoPolicyAllowsInlineCodeOrFraming(t *testing.T) {
	for _, policy := range []string{templates.ContentSecurityPolicy, templates.FormPolicy, templates.FormPostPolicy, templates.SigningOffPolicy(nil)} {
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

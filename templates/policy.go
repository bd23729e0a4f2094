package templates

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/url"
	"strings"
)

// ContentSecurityPolicy is the header's value for pages that lead nowhere but
// to us: Error, SignedOff, AlreadyDone.
const ContentSecurityPolicy = base + "; form-action 'self'"

const base = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"

// formPostScript posts the one form of the page.
const formPostScript template.JS = "document.forms[0].submit()"

type formPostView struct {
	FormPostPage
	Script template.JS
}

// FormPolicy is the header's value for Form and SignOffQuestion, whose answer
// may send the browser on to target, the redirect URI in play. Zero: the
// answer stays with us.
func FormPolicy(target string) string {
	if target == "" {
		return ContentSecurityPolicy
	}
	return base + "; form-action 'self' " + source(target)
}

// FormPostPolicy is the header's value for FormPost, whose form goes to target.
func FormPostPolicy(target string) string {
	digest := sha256.Sum256([]byte(formPostScript))
	hash := base64.StdEncoding.EncodeToString(digest[:])
	return base + "; script-src 'sha256-" + hash + "'; form-action " + source(target)
}

// source gives the CSP source expression that covers target.
func source(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.Scheme == "" {
		return "'none'"
	}
	if u.Scheme != "http" && u.Scheme != "https" || strings.ContainsAny(u.Host, "[];, '\"") || u.Host == "" {
		// CSP 3, 2.3.1: a host source holds no IPv6 address.
		return u.Scheme + ":"
	}
	return u.Scheme + "://" + u.Host
}

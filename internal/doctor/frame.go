package doctor

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"vigil/internal/probe"
)

const (
	checkFrame = "frame"
	framePath  = "/as/checksession"
)

func headerMend(header string) []Mend {
	return []Mend{nginx("take add_header " + header + " out for " + framePath + ", or there: proxy_pass_header and no add_header"), apache("Header always unset " + header + ", within <Location " + framePath + ">"), caddy("take header " + header + " out for " + framePath)}
}

// frame examines the page that applications embed.
//
// OIDC Session 3.2.
func (d *doctor) frame(ctx context.Context, p *patient) {
	a, err := d.call(ctx, question{path: framePath, kind: probe.Pass, header: map[string]string{"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-site"}})
	if err != nil {
		p.add(Finding{Check: checkFrame, Severity: Error, Summary: "the frame cannot be fetched: " + err.Error(), Why: "applications do not learn that a session ended"})
		return
	}
	if a.StatusCode == http.StatusMisdirectedRequest {
		return // discovery says so
	}
	if a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		p.add(Finding{
			Check: checkFrame, Severity: Error, Summary: fmt.Sprintf("the frame is answered with %d and %s", a.StatusCode, or(a.Header.Get("Content-Type"), "no type")),
			Why: "something in front asks people to sign on, or answers in Vigil's place", Mend: []Mend{{"any", "let " + framePath + " through without questions: browsers fetch it in frames, without a person"}},
		})
		return
	}
	before := len(p.found)
	d.framing(p, a)
	d.policy(p, a)
	d.isolation(p, a)
	if len(a.Header.Values("Set-Cookie")) > len(a.sent.Values("Set-Cookie")) && a.sent != nil {
		p.add(Finding{Check: checkFrame, Severity: Note, Summary: "the proxy sets a cookie with the frame", Why: "browsers refuse it in frames of other sites, and no cache can keep the page"})
	}
	if value := a.Header.Get("Clear-Site-Data"); value != "" {
		p.add(Finding{Check: checkFrame, Severity: Error, Summary: "Clear-Site-Data is added to the frame", Why: "browsers then forget the session at every check", Mend: headerMend("Clear-Site-Data")})
	}
	if len(p.found) == before {
		p.ok(checkFrame, "the frame may be embedded, and its script runs")
	}
}

// framing looks for what keeps the page out of frames.
func (d *doctor) framing(p *patient, a *answer) {
	for _, value := range a.Header.Values("X-Frame-Options") {
		p.add(Finding{
			Check: checkFrame, Severity: Error, Summary: "X-Frame-Options: " + value + " is added to the frame", Why: "browsers show it in no application: nobody learns that a session ended",
			Mend: []Mend{nginx("proxy_hide_header does not help, it is nginx itself: take add_header X-Frame-Options out for " + framePath), apache("Header always unset X-Frame-Options, within <Location " + framePath + ">"), caddy("take header X-Frame-Options out for " + framePath)},
		})
	}
	for _, value := range a.Header.Values("Content-Security-Policy") {
		for part := range strings.SplitSeq(value, ";") {
			if part = strings.TrimSpace(part); strings.HasPrefix(strings.ToLower(part), "frame-ancestors") {
				p.add(Finding{
					Check: checkFrame, Severity: Error, Summary: "Content-Security-Policy: " + part + " is added to the frame", Why: "browsers show it in no other application: nobody learns that a session ended",
					Mend: headerMend("Content-Security-Policy"),
				})
			}
		}
	}
}

// policy looks whether the policy is there and lets the very script run that is in the page.
func (d *doctor) policy(p *patient, a *answer) {
	_, script, _ := strings.Cut(string(a.body), "<script>")
	script, _, found := strings.Cut(script, "</script>")
	sum := sha256.Sum256([]byte(script))
	hash := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	policies := a.Header.Values("Content-Security-Policy")
	switch {
	case len(policies) == 0:
		p.add(Finding{Check: checkFrame, Severity: Warning, Summary: "Content-Security-Policy is removed from the frame", Why: "a script that somebody slips into it would run", Mend: []Mend{nginx("take proxy_hide_header Content-Security-Policy out"), apache("take Header unset Content-Security-Policy out"), caddy("take header -Content-Security-Policy out")}})
	case !found || strings.Count(string(a.body), "<script") != 2:
		p.add(Finding{Check: checkFrame, Severity: Error, Summary: "the page is rewritten on the way", Why: "its own script is gone, or another one was put in (mail protection, analytics, minifiers)", Mend: []Mend{{"any", "switch every rewriting of HTML off for " + framePath}}})
	default:
		for _, policy := range policies {
			if strings.Contains(policy, "script-src") && strings.Contains(policy, hash) || !strings.Contains(policy, "script-src") && !strings.Contains(policy, "default-src") {
				continue
			}
			p.add(Finding{
				Check: checkFrame, Severity: Error, Summary: "the frame's script is forbidden by Content-Security-Policy: " + policy, Why: "the page was changed on the way, or another policy was put beside its own: every one counts, and the frame is silent",
				Mend: headerMend("Content-Security-Policy"),
			})
		}
	}
}

// isolation looks at the headers by which applications that are cross-origin isolated may embed it.
func (d *doctor) isolation(p *patient, a *answer) {
	for name, want := range map[string]string{"Cross-Origin-Resource-Policy": "cross-origin", "Cross-Origin-Embedder-Policy": "require-corp"} {
		if got := a.Header.Values(name); len(got) != 1 || got[0] != want {
			p.add(Finding{Check: checkFrame, Severity: Error, Summary: fmt.Sprintf("%s is %s in place of %s", name, or(strings.Join(got, " and "), "gone"), want), Why: "applications that are cross-origin isolated do not load the frame", Mend: headerMend(name)})
		}
	}
	if got := a.Header.Get("Content-Disposition"); got != "" {
		p.add(Finding{Check: checkFrame, Severity: Error, Summary: "Content-Disposition: " + got + " is added to the frame", Why: "browsers offer it as a file", Mend: headerMend("Content-Disposition")})
	}
}

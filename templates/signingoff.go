package templates

import (
	"html/template"
	"strings"
)

// signingOffScript follows the page's link when all frames are loaded, or when patience is over. It stands before the frames, so that it
// misses none of them.
const signingOffScript template.JS = `(()=>{const{frames,patience}=document.currentScript.dataset;let left=+frames;` +
	`const go=()=>{const on=document.querySelector("a.button");if(on)location.replace(on.href)};` +
	`document.addEventListener("load",e=>{if(e.target.tagName==="IFRAME"&&--left===0)go()},true);setTimeout(go,+patience)})()`

type signingOffView struct {
	SigningOffPage
	To           template.URL
	Milliseconds int64
	Script       template.JS
}

// onward lets the schemes of native applications through, which html/template
// knows nothing of. Schemes that run script have no period in them.
//
// RFC 8252 7.1: private-use schemes contain at least one.
func onward(address string) template.URL {
	scheme, _, found := strings.Cut(address, ":")
	if !found || strings.ContainsAny(scheme, "/?#") || scheme == "https" || scheme == "http" || strings.Contains(scheme, ".") {
		return template.URL(address) //nolint:gosec // a scheme with a dot runs no script
	}
	return "#"
}

// SigningOffPolicy is the header's value for SigningOff: FormPolicy and, by its
// hash, the page's one script, and frames of exactly these origins.
func SigningOffPolicy(origins []string) string {
	return FormPolicy + "; script-src 'sha256-eKnwJQCRtl4SwQJJgjIWkBDPTkV6Y3UaMuBC/evVJaQ='; frame-src " + strings.Join(origins, " ")
}

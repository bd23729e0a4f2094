package templates

import (
	"html/template"
	"strings"
)

// ContentSecurityPolicy is the header's value for pages whose links and forms
// stay with us: Error, SignedOff, AlreadyDone.
const ContentSecurityPolicy = FormPolicy + "; form-action 'self'"

// FormPolicy is the header's value for Form and SignOffQuestion, whose answer
// may send the browser on to an application.
//
// It has no form-action, on purpose. Chromium 156 holds every redirect that
// follows a post against that directive, also those the application adds after
// ours (measured; Firefox 153 looks at the first address only). With 'self' the
// sign-on stops without a word; with the redirect URI's origin it stops where
// the application sends its callback on to another host or scheme. The pages
// run no script but files of ours and escape all they show, so no form of
// another's can be there.
const FormPolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; " +
	"frame-ancestors 'none'; base-uri 'none'"

// FormPostPolicy is the header's value for FormPost: FormPolicy and, by its
// hash, the page's one script.
const FormPostPolicy = FormPolicy + "; script-src 'sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE='"

// FormPostPolicyWithin is FormPostPolicy for a page that may lie in a frame of
// one origin, and no other: applications renew silently in a hidden frame.
func FormPostPolicyWithin(origin string) string { return within(FormPostPolicy, origin) }

// ContentSecurityPolicyWithin is ContentSecurityPolicy for a page that may lie
// in frames of some origins: an application asks in a hidden frame whether
// somebody is signed on, and the answer is a page that says no.
func ContentSecurityPolicyWithin(origins []string) string {
	return within(ContentSecurityPolicy, strings.Join(origins, " "))
}

func within(policy, ancestors string) string {
	return strings.Replace(policy, "frame-ancestors 'none'", "frame-ancestors "+ancestors, 1)
}

// formPostScript posts the one form of the page.
const formPostScript template.JS = "document.forms[0].submit()"

type formPostView struct {
	FormPostPage
	Script template.JS
}

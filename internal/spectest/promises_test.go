package spectest

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPromises runs testdata/*.txt. A script is made of blocks; a block begins with comment lines, which are its promise and its name, and every
// block starts from nothing. A line "#: NAME …" says which modules of the OpenID suite and which demands of RFC 9700 the promise holds; docs/conformance.md
// lists them. Each other line is something that somebody does, and after `->` what must come of it:
//
//	environment KEY: VALUE          a line of the environment's configuration
//	flow WITH                       what the flow's success says, such as idleTimeout: 30m
//	app NAME [KEY=VALUE …]          an application at https://NAME.example.com
//	browser NAME                    another browser acts from here on
//	signon USER at APP [KEY=VALUE]  authorize, fill in the form, come back
//	authorize APP [KEY=VALUE …]     one request, with the word post by POST; the answer's parts: status, code, session_state, error=…, page, form
//	consent APP agree|refuse        answer to the question that is shown where the last flow returned to
//	push APP [KEY=VALUE …]          the request goes by the back channel; secret=…, as=CLIENT; parts: status, for=SECONDS, the error.
//	                                authorize and signon with the word pushed use what was pushed last; with inside=ES256, none, HS256 or
//	                                stranger the parameters go into a request object, claim:NAME=… and outside:NAME=… beside them
//	begin APP [KEY=VALUE …]         authorize with response_mode=pi.flow, as a page of APP; parts: status, form=NODE, TYPE:FIELD, success, failure=…,
//	                                code=…, detail=…, field=…; origin=…, post, kind=…, bare (without cookies) change how it asks
//	answer [FIELD=VALUE …]          the page sends what it collected; token=earlier, token=wrong, interaction=…, node=…, button=…
//	redeem APP · refresh APP        status, the error, refresh_token, scope:NAME, id:CLAIM, alg:NAME, nonce, acr=…; beside the application's last ID
//	                                token: same-sub, same-auth_time or later-auth_time. redeem takes KEY=VALUE, and from=APP for another's code
//	refresh APP from=OTHER          with the refresh token that another application holds; keep APP puts one aside, refresh APP from=kept uses it
//	grant APP [KEY=VALUE …]         any other request for a token; twice=NAME and long=NAME distort it, and authorization requests too
//	userinfo APP [header|body]      by GET, or by POST with the token in the header or in the body; same-sub where it is the ID token's
//	poll APP                        what the iframe answers to what APP holds
//	activity APP                    the application says that a human is there
//	signoff [KEY=VALUE …]           hint=APP, to=ADDRESS, state=…, json, post, cross-site; parts: status, to=ADDRESS, question, signed-off, page
//	                                frame=APP and on=ADDRESS where pages of applications are loaded first;
//	                                kept-waiting if it took more than a second
//	idpsignoff [KEY=VALUE …]        the same at /as/idpSignoff; hint=APP@BROWSER is an ID token that another browser's application has
//	discovery                       the members of the metadata, NAME=VALUE
//	answers APP STATUS              from now on APP answers logout tokens with STATUS, or never; its backchannelLogoutUri=HERE is a real server's
//	notices APP                     what came for APP since somebody last looked: how many, and sub, sid if they are those of the ID token
//	letters                         waiting=N dead=N, and refused where an address is
//	confirm yes|no                  answer to the question
//	advance DURATION · restart server · restart browser · lose COOKIE
//	attribute USER NAME=VALUE       the directory learns something of a person
//	end USER                        an operator ends all sessions of a user
func TestPromises(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
			name, lines := promise(block)
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt")+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				for _, line := range lines {
					w.line(line)
				}
			})
		}
	}
}

// TestThePromisesOfTheCodeHoldByEveryResponseTypeAndMode keeps the promises of openid.txt again as the Hybrid and Form Post plans of the OpenID suite
// do: with every response type that brings a code, in the fragment and by form post. Those about a missing nonce are for the code alone, and PKCE's
// for applications whose requests are answered with nothing but a code.
func TestThePromisesOfTheCodeHoldByEveryResponseTypeAndMode(t *testing.T) {
	text, err := os.ReadFile("testdata/openid.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, usual := range []url.Values{
		{"response_mode": {"form_post"}},
		{"response_type": {"code id_token"}},
		{"response_type": {"code token"}},
		{"response_type": {"code id_token token"}},
		{"response_type": {"code id_token"}, "response_mode": {"form_post"}},
		{"response_type": {"code id_token token"}, "response_mode": {"form_post"}},
	} {
		for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
			if strings.Contains(block, "nonce= ") {
				continue
			}
			name, lines := promise(block)
			t.Run(usual.Encode()+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.usual = usual
				for _, line := range lines {
					w.line(line)
				}
			})
		}
	}
}

// promise splits a block into its sentence and its lines.
func promise(block string) (name string, lines []string) {
	for _, line := range strings.Split(block, "\n") {
		if sentence, ok := strings.CutPrefix(line, "# "); ok {
			name = strings.TrimSpace(name + " " + sentence)
		} else if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#: ") {
			lines = append(lines, line)
		}
	}
	return name, lines
}

// line does what one line says and compares.
func (w *world) line(line string) {
	w.t.Helper()
	action, want, _ := strings.Cut(line, "->")
	words := strings.Fields(action)
	if w.declare(words, strings.TrimSpace(action)) {
		return
	}
	w.start()
	got := w.act(words)
	for _, part := range strings.Fields(want) {
		absent := strings.HasPrefix(part, "no-")
		if contains(got, strings.TrimPrefix(part, "no-")) == absent {
			w.t.Fatalf("%s\n got %s", line, strings.Join(got, " "))
		}
	}
}

func contains(parts []string, part string) bool {
	for _, p := range parts {
		if p == part {
			return true
		}
	}
	return false
}

// declare takes the lines that come before anything happens.
func (w *world) declare(words []string, line string) bool {
	switch words[0] {
	case "environment":
		w.settings = append(w.settings, strings.TrimPrefix(line, "environment "))
	case "flow":
		w.flow, w.signOnFlow = strings.TrimPrefix(line, "flow "), ""
		w.stop()
	case "app":
		for i := range words {
			if words[i] == "jwks=KEY" {
				words[i] = "jwks=" + w.jwks()
			}
		}
		w.apps = append(w.apps, app{words[1], words[2:]})
	case "browser":
		w.use(words[1])
	default:
		return false
	}
	return true
}

func (w *world) act(words []string) []string {
	w.t.Helper()
	switch words[0] {
	case "signon":
		return w.signOn(words[1], words[3], words[4:])
	case "authorize":
		return w.authorize(words[1], words[2:])
	case "consent":
		return w.consent(words[1], words[2])
	case "push":
		return w.push(words[1], words[2:])
	case "begin":
		return w.begin(words[1], words[2:])
	case "answer":
		return w.answer(words[1:])
	case "redeem":
		return w.redeem(words[1], words[2:]...)
	case "refresh":
		return w.refresh(words[1], words[2:]...)
	case "attribute":
		return w.attribute(words[1], words[2])
	case "keep":
		return w.keep(words[1])
	case "grant":
		return w.grant(words[1], words[2:])
	case "userinfo":
		return w.userinfo(words[1], words[2:]...)
	case "poll":
		return []string{w.poll(words[1])}
	case "activity":
		return w.activity(words[1])
	case "signoff":
		return w.signOff(words[1:])
	case "idpsignoff":
		return w.signOffAt("/as/idpSignoff", words[1:])
	case "answers":
		w.answers(words[1], words[2])
	case "deliver":
		w.deliver()
	case "notices":
		w.deliver()
		return w.notices(words[1])
	case "discovery":
		return w.discovery()
	case "letters":
		return w.letters()
	case "device":
		return w.device(words[1], words[2:])
	case "confirm":
		return w.confirm(words[1])
	case "end":
		return w.end(words[1])
	case "advance":
		w.advance(words[1])
	case "restart":
		w.restart(words[1])
	case "lose":
		w.current.lose(words[1])
	default:
		w.t.Fatalf("nobody knows how to %s", words[0])
	}
	return nil
}

func (w *world) advance(by string) {
	days, isDays := strings.CutSuffix(by, "d")
	if isDays {
		by = days + "h"
	}
	d, err := time.ParseDuration(by)
	if err != nil {
		w.t.Fatal(err)
	}
	if isDays {
		d *= 24
	}
	w.clock.at = w.clock.at.Add(d)
	if err := w.server.Worker.Sweep(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.deliver()
}

func (w *world) restart(what string) {
	if what == "browser" {
		w.current.restart()
		return
	}
	w.stop()
	w.start()
}

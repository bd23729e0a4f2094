package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// mistaken has two mistakes in the configuration.
const mistaken = `lisen: 127.0.0.1:0
environments:
  - id: one
    hosts: ["http://sso.example.com"]
    users:
      - {username: ada, passwrd: hunter2}
`

func TestAGoodConfigurationIsSaidToBeGood(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", configuration)
	if out := b.must("", "check"); out != "vigil.yaml: 1 environment with 1 application: nothing to refuse.\n"+
		"vigil.yaml: signing keys lie in the database in the clear: there is no keyEncryptionKey.\n" {
		t.Error(out)
	}
	if _, err := os.Stat(filepath.Join(b.folder, "data")); err == nil {
		t.Error("check made the data folder")
	}
}

func TestEveryMistakeIsShownWithItsLineAndNothingListens(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", mistaken)
	for _, command := range []string{"check", "serve"} {
		r := b.run("", command, "--config", "vigil.yaml")
		const want = `vigil.yaml:1:1: error: "lisen" is not a setting here [unknown-key]
    1 | lisen: 127.0.0.1:0
      | ^~~~~
help: did you mean "listen"? The settings here are listen, tls, metrics, data, store, sharedHosts, trustedProxies, countryHeader, clientCertificates, log, keyEncryptionKey, previousKeyEncryptionKey, flows, environments.
vigil.yaml:4:13: error: "http://sso.example.com" needs https [origin]
    4 |     hosts: ["http://sso.example.com"]
      |             ^~~~~~~~~~~~~~~~~~~~~~~~
help: plain http is for localhost, *.localhost and loopback addresses only
vigil.yaml:6:25: error: "passwrd" is not a setting here [unknown-key]
    6 |       - {username: ada, passwrd: ••••••••
      |                         ^~~~~~~
help: did you mean "password"? The settings here are username, password, passwordHash, email, givenName, familyName, groups.
`
		if r.code != exitFailed || r.err != want || r.out != "" {
			t.Errorf("%s: exit %d\n%s%s\nwanted\n%s", command, r.code, r.out, r.err, want)
		}
		if left, err := os.ReadDir(b.folder); err != nil || len(left) != 1 {
			t.Errorf("%s left %v behind, %v", command, left, err)
		}
	}
}

func TestAHostBehindAProxyThatNobodyTrustsIsWarnedOf(t *testing.T) {
	b := newBench(t)
	behind := strings.ReplaceAll(configuration, "http://sso.vigil.localhost:8080", "https://sso.example.com")
	b.write("vigil.yaml", behind)
	const want = "warning: https://sso.example.com is served by a proxy, and there are no trustedProxies: everybody would share one address, and its lock-out [contradiction]"
	if r := b.run("", "check", "--strict"); r.code != exitWarned || !strings.Contains(r.err, want) {
		t.Errorf("exit %d\n%s", r.code, r.err)
	}
	server := b.serve()
	server.stop(syscall.SIGTERM)
	if said := server.log.String(); !strings.Contains(said, want) {
		t.Errorf("a start says\n%s", said)
	}
	b.write("vigil.yaml", "trustedProxies: [127.0.0.1]\n"+behind)
	if r := b.run("", "check", "--strict"); r.code != exitDone || r.err != "" {
		t.Errorf("with the proxy named: exit %d\n%s", r.code, r.err)
	}
}

func TestASecretThatIsNotThereIsNamed(t *testing.T) {
	b := newBench(t)
	b.env = []string{"GRACE=nanosecond-wire"}
	b.write("vigil.yaml", configuration)
	r := b.run("", "serve")
	if r.code != exitFailed || !strings.Contains(r.err, "vigil.yaml:9:23: error: the environment variable WEB_SECRET is not set [secret]") ||
		strings.Contains(r.err, "nanosecond") {
		t.Errorf("exit %d\n%s", r.code, r.err)
	}
}

func TestFlowsAreCheckedWithTheConfiguration(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", "flows: flows\n"+strings.Replace(configuration, "    users:", "    defaultFlow: sing-on\n    users:", 1))
	b.write("flows/sign-on.yaml", "flow: sign-on\ntitle: Sign on\nstart: nowhere\nnodes: {}\n")
	r := b.run("", "check")
	if r.code != exitFailed || !strings.Contains(r.err, `vigil.yaml:12:18: error: there is no flow "sing-on" [unknown-flow]`) ||
		!strings.Contains(r.err, `did you mean "sign-on"?`) || !strings.Contains(r.err, "\nflows/sign-on.yaml:") && !strings.HasPrefix(r.err, "flows/sign-on.yaml:") ||
		!strings.Contains(r.err, "| nodes: {}") {
		t.Errorf("exit %d\n%s", r.code, r.err)
	}
}

func TestAServedFlowThatWorksWithWhatIsNotConfiguredIsNamedWhereItDoes(t *testing.T) {
	const without = "environments:\n  - id: one\n    hosts: [https://sso.example.com]\n    defaultFlow: ask\n"
	b := newBench(t)
	b.write("vigil.yaml", "flows: flows\n"+without)
	b.write("flows/ask.yaml", `flow: ask
title: Ask
start: who
nodes:
  who:
    form: {title: Who, fields: [{name: username, type: text, label: Name}]}
    then: {continue: send}
  send:
    do: email.sendCode
    with: {username: = who.username}
    then: {sent: over}
  over: {end: error, with: {code: access_denied}}
`)
	r := b.run("", "check")
	const want = `flows/ask.yaml:8:3: error: email.sendCode works with mail, which the environment "one" does not have [capability-not-configured]`
	if r.code != exitFailed || !strings.Contains(r.err, want) {
		t.Errorf("exit %d\n%s\nwanted\n%s", r.code, r.err, want)
	}
	b.write("vigil.yaml", "flows: flows\n"+without+"    mail: {server: smtp.example.com:587, from: no-reply@example.com}\n")
	b.must("", "check")
}

const calling = `flow: ask
title: Ask other servers
start: people
nodes:
  people:
    do: http.request
    with: {url: https://api.example.com/people}
    then: {ok: typed, notFound: typed, refused: typed, failed: typed}
  typed:
    do: http.request
    with: {url: "= 'https://api.exmaple.com/people/' + request.loginHint"}
    then: {ok: plain, notFound: plain, refused: plain, failed: plain}
  plain:
    do: http.request
    with:
      url: http://api.example.com/people
    then: {ok: guess, notFound: guess, refused: guess, failed: guess}
  guess:  # what is computed from its first letter nobody knows
    do: http.request
    with: {url: = 'https://' + request.loginHint}
    then: {ok: over, notFound: over, refused: over, failed: over}
  over: {end: error, with: {code: access_denied}}
`

func TestAnAddressOfAServerThatAnEnvironmentDoesNotListIsNamedWhereItStands(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", `flows: flows
trustedProxies: [192.0.2.1]
environments:
  - id: one
    hosts: [https://sso.example.com]
    defaultFlow: ask
    httpHosts: [{origin: https://api.example.com}]
`)
	b.write("flows/ask.yaml", calling)
	const second = `flows/ask.yaml:11:17: error: http.request calls "https://api.exmaple.com/people/", which the environment "one" does not list under httpHosts [capability-not-configured]
   11 |     with: {url: "= 'https://api.exmaple.com/people/' + request.loginHint"}
      |                 ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
help: did you mean "https://api.example.com"? It lists https://api.example.com.
`
	const third = `flows/ask.yaml:16:12: error: http.request calls "http://api.example.com/people", which the environment "one" does not list under httpHosts [capability-not-configured]
   16 |       url: http://api.example.com/people
      |            ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~
help: did you mean "https://api.example.com"? It lists https://api.example.com.
`
	if r := b.run("", "check"); r.code != exitFailed || r.err != second+third {
		t.Errorf("exit %d\n%s\nwanted\n%s", r.code, r.err, second+third)
	}
	if r := b.run("", "flow", "lint", "flows"); r.code != exitFailed || r.out != second+third {
		t.Errorf("lint: exit %d\n%s\nwanted\n%s", r.code, r.out, second+third)
	}
}

func TestWarningsAreAnExitCodeOnlyWhenAskedFor(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", "trustedProxies: [0.0.0.0/0]\n"+configuration)
	if r := b.run("", "check"); r.code != exitDone || !strings.Contains(r.err, "vigil.yaml:1:18: warning:") {
		t.Errorf("exit %d\n%s", r.code, r.err)
	}
	if r := b.run("", "check", "--strict"); r.code != exitWarned {
		t.Errorf("--strict: exit %d\n%s", r.code, r.err)
	}
}

func TestWhatIsNotUnderstoodHasItsOwnExitCode(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", configuration)
	for _, args := range [][]string{
		{},
		{"sreve"},
		{"check", "--colour"},
		{"user", "add"},
		{"user", "add", "ada", "--password", "correct horse"},
		{"user", "add", "ada"}, // nobody to ask for a password
		{"flow", "lint"},
		{"flow", "lint", "absent.yaml"},
		{"flow", "lint", "vigil.txt"},
		{"flow", "lint", "--format", "xml", "vigil.yaml"},
	} {
		if r := b.run("", args...); r.code != exitMisused || r.err == "" {
			t.Errorf("%q: exit %d\n%s", args, r.code, r.err)
		}
	}
	if r := b.run("", "--help"); r.code != exitDone || !strings.Contains(r.out, "serve") {
		t.Errorf("--help: exit %d\n%s", r.code, r.out)
	}
	if out := b.must("", "version"); !strings.HasPrefix(out, "vigil ") || !strings.Contains(out, " go1.") {
		t.Error(out)
	}
}

const (
	fineFlow    = "flow: fine\ntitle: Fine\nvars: {user: user}\nstart: session\nnodes:\n  session:\n    do: session.check\n    then:\n      active: {to: done, set: {user: = session.user}}\n      none: gone\n  gone: {end: error, with: {code: access_denied}}\n  done: {end: success, with: {user: = vars.user}}\n"
	warnedFlow  = "flow: warned\ntitle: Warned\nvars: {user: user, unused: string?}\nstart: session\nnodes:\n  session:\n    do: session.check\n    then:\n      active: {to: done, set: {user: = session.user}}\n      none: gone\n  gone: {end: error, with: {code: access_denied}}\n  done: {end: success, with: {user: = vars.user}}\n"
	refusedFlow = "flow: refused\ntitle: Refused\nstart: begin\nnodes:\n  begin: {end: eror}\n"
)

func TestLintTellsErrorsFromWarningsByItsExitCode(t *testing.T) {
	b := newBench(t)
	b.write("flows/fine.yaml", fineFlow)
	b.write("flows/warned.yaml", warnedFlow)
	b.write("flows/refused.yaml", refusedFlow)
	b.write("flows/fine.test.yaml", "flow: fine\ncases: []\n")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"flows/fine.yaml", "flows/fine.test.yaml"}, exitDone, ""},
		{[]string{"flows/fine.yaml", "--strict"}, exitDone, ""},
		{[]string{"flows/warned.yaml"}, exitDone, "flows/warned.yaml:3:20: warning:"},
		{[]string{"flows/warned.yaml", "--strict"}, exitWarned, "flows/warned.yaml:3:20: warning:"},
		{[]string{"flows/warned.yaml", "flows/refused.yaml", "--strict"}, exitFailed, "flows/refused.yaml:5:"},
		{[]string{"./flows/refused.yaml"}, exitFailed, "begin: {end: eror}"},
		{[]string{"flows"}, exitFailed, "flows/refused.yaml:5:"},
	} {
		r := b.run("", append([]string{"flow", "lint"}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.out, c.says) || c.says == "" && r.out != "" || r.err != "" {
			t.Errorf("%v: exit %d\n%s%s", c.args, r.code, r.out, r.err)
		}
	}
}

func TestLintSpeaksToPrograms(t *testing.T) {
	b := newBench(t)
	b.write("refused.yaml", refusedFlow)
	var list []struct {
		File  string
		Start struct{ Line, Column int }
	}
	r := b.run("", "flow", "lint", "--format", "json", "refused.yaml")
	if err := json.Unmarshal([]byte(r.out), &list); err != nil || len(list) == 0 || list[0].File != "refused.yaml" || list[0].Start.Line != 5 || r.code != exitFailed {
		t.Errorf("exit %d, %v: %s", r.code, err, r.out)
	}
	var sarif struct{ Runs []struct{ Results []any } }
	r = b.run("", "flow", "lint", "--format", "sarif", "refused.yaml")
	if err := json.Unmarshal([]byte(r.out), &sarif); err != nil || len(sarif.Runs) != 1 || len(sarif.Runs[0].Results) != len(list) || r.code != exitFailed {
		t.Errorf("exit %d, %v: %s", r.code, err, r.out)
	}
}

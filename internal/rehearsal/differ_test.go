package rehearsal_test

import (
	"io/fs"
	"strings"
	"testing"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/diag"
	"vigil/engine/flowtest"
	"vigil/engine/graph"
	"vigil/flows"
)

// library compiles flows, those that ship if none are given.
func library(t *testing.T, files fs.FS, opts ...engine.Option) *engine.Library {
	t.Helper()
	if files == nil {
		files = flows.Files
	}
	all, found := engine.Load(files, connector.NewRegistry(builtin.All(builtin.Ports{})...), opts...)
	for _, d := range found {
		if d.Severity == diag.Error {
			t.Fatalf("%s:%d: %s", d.Subject.File, d.Subject.Start.Line, d.Summary)
		}
	}
	return all
}

// serve lets the server have another source of a flow than the stage.
func serve(t *testing.T, flow *graph.Flow, old, now string) {
	t.Helper()
	if flow == nil || !strings.Contains(string(flow.Source), old) {
		t.Fatalf("no flow has %q", old)
	}
	flow.Source = []byte(strings.Replace(string(flow.Source), old, now, 1))
}

const people = `users:
  ada: {username: ada, password: correct horse, email: ada@example.com, passkey: true, external: [company]}
  bob: {username: bob, password: battery staple}
cases:
  - name: one
    steps:
`

func TestADifferenceBetweenTheStageAndTheServerIsToldByWhatTheBrowserShows(t *testing.T) {
	t.Parallel()
	house := borrow(t)
	for _, c := range []struct {
		kind, flow   string
		changed      string // flow or part that is served otherwise
		old, now     string
		steps        string // of a part that is given bob
		line         int    // of the step, counted from the first
		says, saying string // the second is what the browser shows
	}{
		{
			"a title", "sign-on", "sign-on", "title: Sign on\n", "title: Log on\n", "      - {at: credentials}", 0,
			`in the browser: page "credentials": its title is "Log on" in the browser and "Sign on" on the stage`, `it shows "Log on", fields "username, password", buttons "signOn"`,
		},
		{
			"a label", "sign-on", "sign-on", "label: User name", "label: Name", "      - {at: credentials}", 0,
			`the label of "username" is "Name" in the browser and "User name" on the stage`, `fields "username, password"`,
		},
		{
			"a message", "sign-on", "sign-on", "message: The user name or the password is not right.", "message: No.",
			"      - {at: credentials, enter: {username: ada, password: wrong}}\n      - {at: credentials}", 1,
			`page "credentials": beside "password" stands "No." in the browser and "The user name or the password is not right." on the stage`, `beside password "No."`,
		},
		{
			"a way", "sign-on", "sign-on", "success: {to: done,", "success: {to: cancelled,",
			"      - {at: credentials, enter: {username: ada, password: correct horse}}\n      - {ends: success}", 1,
			`it ended in success on the stage, the application was told "access_denied`, `it shows the application`,
		},
		{
			"how long a session lasts", "sign-on", "sign-on", "idleTimeout: 30m", "idleTimeout: 31m",
			"      - {at: credentials, enter: {username: ada, password: correct horse}}\n      - {ends: success}", 1,
			`the idle timeout is 31m at the server and 30m on the stage`, ``,
		},
		{
			"a passkey that is taken", "sign-on-passkey", "sign-on-passkey", "success: {to: done, set: {user: = checkPasskey.user}}", "success: cancelled",
			"      - {at: passkey, enter: {passkey: ada}}\n      - {ends: success}", 1,
			`it ended in success on the stage, the application was told "access_denied`, ``,
		},
		{
			"a passkey that is not taken", "sign-on-passkey", "sign-on-passkey", "failure: {to: passkey,", "failure: cancelled  # {",
			"      - {at: passkey, enter: {passkey: nobody}}\n      - {at: passkey}", 1,
			`page "passkey": the browser is back at the application`, `the server says: an answer of a passkey does not hold: the answer does not hold: there is no such person`,
		},
		{
			"a new passkey", "add-passkey", "add-passkey", "added: {end: added}\n  later: {end: later}", "added: {end: later}\n  later: {end: added}",
			"      - {at: offer, enter: {passkey: bob}}\n      - {ends: added}", 1,
			`the part ended in later at the server and in added on the stage`, ``,
		},
		{
			"what another provider says", "sign-on-external", "sign-on-external", "arrive.claims.email ?? arrive.claims.username ?? arrive.claims.subject", "arrive.claims.provider",
			"      - {at: credentials, enter: {company: grace@example.com}}\n      - {at: welcome}", 1,
			`page "welcome": its text is "company is not linked to an account yet."`, `it shows "You are new here", text "company is`,
		},
		{
			"somebody turned away elsewhere", "sign-on-external", "sign-on-external", "message: 'That did not work.", "message: 'That did not.",
			"      - {at: credentials, enter: {company: denied}}\n      - {at: credentials}", 1,
			`beside "company" stands "That did not. Try`, `the server says: an answer of an identity provider does not hold`,
		},
		{
			"what another device shows", "sign-on-link", "confirm-link", "Somebody wants to sign on as", "Somebody wants in as",
			"      - {at: address, enter: {email: ada@example.com}}\n      - {opens: mail}\n      - {at: ask, press: signOn}", 2,
			`page "ask": its text is "Somebody wants in as ada, with another browser.`, `it shows "Is this you?", text`,
		},
		{
			"what another device answers", "sign-on-link", "confirm-link", "signOn: approved, refuse: denied", "signOn: denied, refuse: approved",
			"      - {at: address, enter: {email: ada@example.com}}\n      - {opens: mail}\n      - {at: ask, press: signOn}\n      - {ends: approved}", 3,
			`the other device is told "That was refused", and would be told "Thank you" after what happened on the stage`, ``,
		},
		{
			"where a page goes that waited", "sign-on-link", "sign-on-link", "message: That link was refused.", "message: No.",
			"      - {at: address, enter: {email: ada@example.com}}\n      - {opens: mail}\n      - {at: ask, press: refuse}\n      - {ends: denied}\n      - {at: address}", 4,
			`page "address": its message is "No." in the browser and "That link was refused." on the stage`, ``,
		},
		{
			"what a letter is about", "sign-on-link", "sign-on-link", "subject: Your sign-on link", "subject: Your link",
			"      - {at: address, enter: {email: ada@example.com}}\n      - {reads: email}", 1,
			`the e-mail is about "Your link", on the stage about "Your sign-on link"`, `it shows "Look at your e-mail"`,
		},
		{
			"what a letter says", "sign-on-link", "sign-on-link", "It is good once, for ten minutes.", "It is good for ever.",
			"      - {at: address, enter: {email: ada@example.com}}\n      - {reads: email}", 1,
			`It is good for ever. `, `, on the stage "Somebody, you we hope,`,
		},
		{
			"what becomes of an account", "sign-on-profile", "sign-on-profile", "familyName: = name.familyName}", "familyName: = name.givenName}",
			"      - {at: credentials, enter: {username: bob, password: battery staple}}\n      - {at: name, enter: {givenName: Bob, familyName: Jones}}\n      - {ends: success}", 2,
			`the family name of bob is "Bob" at the server and "Jones" on the stage`, ``,
		},
		{
			"whether a session outlives the browser", "sign-on-remember", "sign-on-remember", "persistent: = credentials.remember", "persistent: false",
			"      - {at: credentials, enter: {username: bob, password: battery staple, remember: true}}\n      - {ends: success}", 1,
			`the session outlives the browser: false at the server, true on the stage`, ``,
		},
		{
			"how a part ends", "add-app", "add-app", "cancelled: {end: cancelled}\n  refused: {end: refused}", "cancelled: {end: refused}\n  refused: {end: cancelled}",
			"      - {at: scan, press: cancel}\n      - {ends: cancelled}", 1,
			`the part ended in refused at the server and in cancelled on the stage`, ``,
		},
	} {
		t.Run(c.kind, func(t *testing.T) {
			all := library(t, nil)
			serve(t, all.Flow(c.changed), c.old, c.now)
			source := "flow: " + c.flow + "\n" + people + c.steps + "\n"
			if all.Flow(c.flow).Part {
				source = strings.Replace(source, "    steps:\n", "    inputs: {user: bob}\n    steps:\n", 1)
			}
			first := strings.Count(source[:strings.Index(source, "      -")], "\n") + 1
			report := house.Run(all.Flow(c.flow), c.flow+".test.yaml", []byte(source))
			differs(t, report, first+c.line, c.says, c.saying)
		})
	}
}

// differs holds that the only case failed at a line, and what is said of it.
func differs(t *testing.T, report flowtest.Report, line int, says ...string) {
	t.Helper()
	failures := report.Failures()
	if len(failures) != 1 || len(report.Cases) == 1 && report.Cases[0].LeftOut != "" {
		t.Fatalf("%d failures, %+v", len(failures), report.Cases)
	}
	for _, words := range says {
		if !strings.Contains(failures[0].Summary, words) {
			t.Errorf("without %q: %s", words, failures[0].Summary)
		}
	}
	if got := failures[0].Subject.Start.Line; got != line {
		t.Errorf("it is told at line %d, wanted %d: %s", got, line, failures[0].Summary)
	}
}

package flowtest_test

import (
	"strings"
	"testing"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/flowtest"
)

const mails = `flow: mails
title: Mail a code
start: send

nodes:
  send:
    do: email.sendCode
    with: {username: ada}
    then: {sent: code}

  code:
    form:
      title: Code
      fields: [{name: digits, type: code, label: Code}]
    then: {continue: check}

  check:
    do: email.checkCode
    with: {code: = code.digits}
    limit: 5
    then:
      success: done
      wrong: {to: code, message: No.}
      expired: code
      exhausted: over

  over: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = check.user}}
`

func TestWhatATestReadsIsTypedAndMistakesInItAreNamed(t *testing.T) {
	flow, found := engine.Compile("mails.yaml", []byte(mails), connector.NewRegistry(builtin.All(builtin.Ports{})...))
	if flow == nil {
		t.Fatal(found)
	}
	const users = "flow: mails\nusers:\n  ada: {email: ada@example.com}\n  bob: {email: bob@example.com}\ncases:\n- name: it goes so\n  steps:\n"
	for steps, said := range map[string]string{
		"{reads: email, as: code}|{at: code, enter: {digits: = code}}|{ends: success, proved: [email]}": "",
		"{reads: email, to: ada, subject: Your code, says: ten}":                                        `the e-mail says "Your code is`,
		"{reads: email, subject: Hello}":                                                                `the subject is "Your code"`,
		"{reads: email, to: bob}":                                                                       "no e-mail came",
		"{reads: page, as: x}":                                                                          "there is nothing to read",
		"{reads: post}":                                                                                 `nobody can read "post"`,
		"{reads: email, as: totp}":                                                                      "= totp is the code of an authenticator app",
		"{at: code, enter: {digits: = code}}":                                                           `nothing was read as "code" in a step before`,
		"{at: code, enter: {digits: = totp.eve}}":                                                       `there is no user "eve"`,
		"{at: code, enter: {digits: = totp}}":                                                           "0 apps could show the code",
		"{at: code, as: code}":                                                                          `a step with "at" has no key "as"`,
		"{reads: email, ends: success}":                                                                 "has exactly one of",
	} {
		source := users
		for _, step := range strings.Split(steps, "|") {
			source += "  - " + step + "\n"
		}
		report := flowtest.Run(flow, "mails.test.yaml", []byte(source))
		var all []string
		for _, d := range report.Failures() {
			all = append(all, d.Summary+" "+d.Hint)
		}
		if text := strings.Join(all, "\n"); (said == "") != (text == "") || !strings.Contains(text, said) {
			t.Errorf("%s: wanted %q, said %q", steps, said, text)
		}
	}
}

func TestTwoUsersOfATestHaveTwoNames(t *testing.T) {
	flow, found := engine.Compile("mails.yaml", []byte(mails), connector.NewRegistry(builtin.All(builtin.Ports{})...))
	if flow == nil {
		t.Fatal(found)
	}
	report := flowtest.Run(flow, "mails.test.yaml", []byte(`flow: mails
users:
  ada: {email: ada@example.com}
  recorded: {username: Ada}
cases: [{name: it goes so, steps: [{reads: email, subject: Hello}]}]
`))
	failures := report.Failures()
	if len(failures) != 1 || failures[0].Summary != `the users "ada" and "recorded" have the same user name "Ada"` || failures[0].Subject.Start.Line != 4 || !strings.Contains(failures[0].Hint, "write ada") {
		t.Errorf("said %v", failures)
	}
}

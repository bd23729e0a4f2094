package main

import (
	"regexp"
	"strings"
	"testing"
)

const askingFlow = `flow: asking
title: Ask for the password
vars: {user: user}
start: credentials

nodes:
  credentials:
    form:
      title: Sign on
      fields:
        - {name: username, type: text, label: User name, value: = request.loginHint}
        - {name: password, type: password, label: Password}
      buttons: [{name: signOn, label: Sign on}, {name: cancel, label: Cancel, kind: link}]
    then: {signOn: verify, cancel: denied}

  verify:
    do: user.checkPassword
    with: {username: = credentials.username, password: = credentials.password}
    limit: 5
    then:
      success: {to: done, set: {user: = verify.user}}
      failure: {to: credentials, message: That was not it.}
      locked: denied
      mustChange: denied
      exhausted: denied

  denied: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = vars.user, idleTimeout: 15m}}
`

func TestAFlowIsPlayedInTheTerminal(t *testing.T) {
	b := newBench(t)
	b.write("asking.yaml", askingFlow)
	const typed = "\nwrong\n\n" + ":wait 1m\nada\nright\nsingOn\n1\n"
	out := b.must(typed, "flow", "run", "asking.yaml", "--user", "ada:right", "--login-hint", "ada", "--trace", "trace.jsonl")
	const want = `Beside answers you can type :back, :wait 10m and :quit, and = totp for the code of an authenticator app.

── Sign on ── credentials
User name [ada]: Password:   1  Sign on
  2  Cancel
press [1]:   · credentials -signOn-> verify
  · verify -failure-> credentials

── Sign on ── credentials
! That was not it.
User name [ada]: 1m later: Password:   1  Sign on
  2  Cancel
press [1]: There is no "singOn".
press [1]:   · credentials -signOn-> verify
  · verify -success-> done
  · done -success-> the end

success: ada, proved by pwd, idle timeout 15m
`
	if out != want {
		t.Error(out)
	}
	if events := read(t, b, "trace.jsonl"); strings.Contains(events, "right\"") || strings.Contains(events, "wrong\"") || !strings.Contains(events, `"hidden":["password"]`) {
		t.Errorf("the trace tells a password, or not that there was one:\n%s", events)
	}
}

func TestATraceIsShownReplayedAndMadeATest(t *testing.T) {
	b := newBench(t)
	b.write("asking.yaml", askingFlow)
	b.must("ada\nwrong\n\n\nright\n\n", "flow", "run", "asking.yaml", "--user", "ada:right", "--trace", "trace.jsonl")
	shown := b.must("", "flow", "trace", "trace.jsonl")
	if !strings.Contains(shown, "   1  09:00:00  begins asking\n") || !strings.Contains(shown, "verify -failure-> credentials\n") || !strings.HasSuffix(shown, "ends in success\n") {
		t.Error(shown)
	}
	if out := b.must("", "flow", "trace", "trace.jsonl", "--replay", "asking.yaml"); !strings.HasSuffix(out, "events: it goes as it went\n") {
		t.Error(out)
	}
	b.write("later/asking.yaml", strings.Replace(askingFlow, "failure: {to: credentials, message: That was not it.}", "failure: denied", 1))
	r := b.run("", "flow", "trace", "trace.jsonl", "--replay", "later/asking.yaml")
	if r.code != exitFailed || !strings.Contains(r.out, `it was "verify -failure-> credentials", now it is "verify -failure-> denied"`) {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	b.write("asking.test.yaml", b.must("", "flow", "trace", "trace.jsonl", "--test", "asking.yaml"))
	if out := b.must("", "flow", "test", "asking.yaml"); !strings.Contains(out, "  holds   as it was\n") {
		t.Error(out)
	}
}

func TestAPageOfATraceIsAnsweredOtherwise(t *testing.T) {
	b := newBench(t)
	b.write("asking.yaml", askingFlow)
	b.must("ada\nwrong\n\n\nright\n\n", "flow", "run", "asking.yaml", "--user", "ada:right", "--trace", "trace.jsonl")
	b.write("left.jsonl", b.must("", "flow", "trace", "trace.jsonl", "--fork", "asking.yaml", "--at", "2", "--press", "cancel"))
	if shown := b.must("", "flow", "trace", "left.jsonl"); !strings.HasSuffix(shown, "credentials -cancel-> denied\n   5  09:00:00  denied -error\n   6  09:00:00  ends in error access_denied\n") {
		t.Error(shown)
	}
	b.write("locked.jsonl", b.must("", "flow", "trace", "trace.jsonl", "--fork", "asking.yaml", "--at", "2", "--enter", "username=eve", "--answer", "verify=locked"))
	if shown := b.must("", "flow", "trace", "locked.jsonl"); !strings.Contains(shown, "verify -locked-> denied\n") {
		t.Error(shown)
	}
	for at, says := range map[string]string{"1": "a run is forked where it shows a page", "99": "a run is forked where it shows a page"} {
		if r := b.run("", "flow", "trace", "trace.jsonl", "--fork", "asking.yaml", "--at", at); r.code == 0 || !strings.Contains(r.err, says) {
			t.Errorf("--at %s: exit %d\n%s", at, r.code, r.err)
		}
	}
	if timed := b.must("", "flow", "trace", "trace.jsonl", "--durations"); !regexp.MustCompile(`verify asks: failure  [0-9.]+(ns|µs|ms|s)\n`).MatchString(timed) {
		t.Error(timed)
	}
	b.write("begun.jsonl", strings.Join(strings.SplitAfter(read(t, b, "trace.jsonl"), "\n")[:3], ""))
	if r := b.run("", "flow", "trace", "begun.jsonl", "--fork", "asking.yaml", "--at", "2", "--enter", "username=eve"); r.code == 0 || !strings.Contains(r.err, "add --answer verify=OUTCOME") {
		t.Errorf("exit %d\n%s", r.code, r.err)
	}
	b.write("empty.jsonl", "")
	if r := b.run("", "flow", "trace", "empty.jsonl"); r.code != exitFailed || !strings.Contains(r.err, "empty.jsonl holds no events") {
		t.Errorf("an empty trace: exit %d\n%s", r.code, r.err)
	}
}

func TestARunGoesBackBeginsAsACaseAndCanBeLeft(t *testing.T) {
	b := newBench(t)
	b.write("asking.yaml", askingFlow)
	b.write("asking.test.yaml", "flow: asking\nusers: {ada: {password: right}}\ncases: [{name: locked, answers: {verify: [failure, locked]}, steps: []}]\n")
	out := b.must("ada\nx\n\n:back\nada\ny\n\nada\nz\n\n", "flow", "run", "asking.yaml", "--case", "locked")
	if strings.Count(out, "── Sign on ──") != 4 || strings.Count(out, "verify -failure->") != 2 || !strings.HasSuffix(out, "\nerror: access_denied\n") {
		t.Error(out)
	}
	if r := b.run("ada\n:quit\n", "flow", "run", "asking.yaml"); r.code != exitFailed {
		t.Errorf("exit %d\n%s", r.code, r.out)
	}
	if r := b.run("", "flow", "run", "asking.yaml", "--case", "loked"); r.code != exitFailed || !strings.Contains(r.err, `did you mean "locked"?`) {
		t.Errorf("exit %d\n%s", r.code, r.err)
	}
}

func TestALetterIsShownInTheTerminalWhereItsCodeIsAskedFor(t *testing.T) {
	b := newBench(t)
	b.write("mails.yaml", `flow: mails
title: Sign on by a mailed code
start: who

nodes:
  who:
    form: {title: Who, fields: [{name: username, type: text, label: Name}]}
    then: {continue: send}
  send:
    do: email.sendCode
    with: {username: = who.username}
    then: {sent: code}
  code:
    form: {title: Code, fields: [{name: digits, type: code, label: Code}]}
    then: {continue: check}
  check:
    do: email.checkCode
    with: {code: = code.digits}
    then: {success: done, wrong: over, expired: over}
  over: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = check.user}}
`)
	b.write("mails.test.yaml", "flow: mails\nusers:\n  ada: {email: ada@example.com}\ncases: []\n")
	b.write("at-once.test.yaml", "flow: at-once\nusers:\n  ada: {username: ada, email: ada@example.com}\ncases: []\n")
	out := b.run("ada\n000000\n", "flow", "run", "mails.yaml").out
	if !strings.Contains(out, "e-mail to ada@example.com: Your code\n  | Your code is ") || !strings.Contains(out, "error: access_denied") {
		t.Error(out)
	}
	b.write("at-once.yaml", `flow: at-once
title: Mail before the first page
start: send
nodes:
  send: {do: email.sendCode, with: {username: ada}, then: {sent: code}}
  code:
    form: {title: Code, fields: [{name: digits, type: code, label: Code}]}
    then: {continue: over}
  over: {end: error, with: {code: access_denied}}
`)
	out = b.run("000000\n", "flow", "run", "at-once.yaml", "--tests", "at-once.test.yaml").out
	if letter, page := strings.Index(out, "e-mail to ada"), strings.Index(out, "── Code"); letter < 0 || page < letter {
		t.Errorf("the letter does not stand before the page that asks for what is in it:\n%s", out)
	}
}

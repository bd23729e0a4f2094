package main

import (
	"strings"
	"testing"
)

func TestCasesArePlayedInABrowserTooAndWhatDiffersIsShownAtItsStep(t *testing.T) {
	b := newBench(t)
	b.write("flows/fine.yaml", fineFlow)
	b.write("flows/fine.test.yaml", fineCases+`  - {name: nobody is refused, request: {country: NL}, steps: [{ends: error}]}
  - name: nobody is refused in German
    request: {locale: de}
    steps:
      - {ends: error}
`)
	r := b.run("", "flow", "test", "--browser", "flows")
	const want = `fine: 3 cases, 2 of 2 edges, 3 of 3 nodes, 2 of 3 cases in the browser too
  holds   whoever has a session goes on
  holds   nobody is refused (not in the browser: only a proxy can say from which country somebody comes)
  FAILED  nobody is refused in German
flows/fine.test.yaml:11:9: error: case "nobody is refused in German": in the browser: read the texts of another language: open flows/locales/de.yaml: no such file or directory [flow-test]
   11 |       - {ends: error}
`
	if r.code != exitFailed || !strings.HasPrefix(r.out, want) {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
}

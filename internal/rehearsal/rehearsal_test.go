package rehearsal_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"vigil/flows"
	"vigil/internal/rehearsal"
)

// houses are two browsers, which the tests borrow: a case waits most of the time.
var houses = make(chan *rehearsal.House, 2)

func TestMain(m *testing.M) {
	for range cap(houses) {
		house, err := rehearsal.Open(context.Background())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		houses <- house
	}
	code := m.Run()
	for range cap(houses) {
		(<-houses).Close()
	}
	os.Exit(code)
}

// borrow takes a house until the test ends.
func borrow(t *testing.T) *rehearsal.House {
	house := <-houses
	t.Cleanup(func() { houses <- house })
	return house
}

func TestTheStageAndARealBrowserBeforeARealServerAgreeOnEveryShippedFlow(t *testing.T) {
	t.Parallel()
	all := library(t, nil)
	for _, flow := range all.Flows() {
		file := flow.Name + ".test.yaml"
		source, err := fs.ReadFile(flows.Files, file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(flow.Name, func(t *testing.T) {
			t.Parallel()
			report := borrow(t).Run(flow, file, source)
			for _, d := range report.Failures() {
				t.Errorf("%s:%d: %s", d.Subject.File, d.Subject.Start.Line, d.Summary)
			}
			var left []string
			for _, c := range report.Cases {
				if c.LeftOut != "" {
					left = append(left, c.Name+": "+c.LeftOut)
				}
			}
			if len(left) > 0 {
				t.Errorf("%d of %d cases are left out:\n%s", len(left), len(report.Cases), strings.Join(left, "\n"))
			}
		})
	}
}

const inGerman = `flow: sign-on
users:
  bob: {username: bob, password: battery staple, mustChange: true}
cases:
  - name: what is wrong is said in German
    request: {locale: de}
    steps:
      - {at: credentials, enter: {username: bob, password: wrong}}
      - {at: credentials, message: Benutzername oder Passwort stimmt nicht., enter: {username: bob, password: battery staple}}
      - {at: renew/ask, enter: {password: short}}
      - {at: renew/ask, message: Nehmen Sie mindestens 8 Zeichen., enter: {password: battery staple}}
      - {at: renew/ask, message: Nehmen Sie ein anderes Passwort als das jetzige., enter: {password: a new staple}}
      - {ends: success, with: {user: bob}}
`

func TestAShippedFlowSpeaksGermanOnTheStageAndInARealBrowser(t *testing.T) {
	t.Parallel()
	report := borrow(t).Run(library(t, nil).Flow("sign-on"), "../../flows/sign-on.test.yaml", []byte(inGerman))
	for _, d := range report.Failures() {
		t.Errorf("%d: %s", d.Subject.Start.Line, d.Summary)
	}
	if left := report.Cases[0].LeftOut; left != "" {
		t.Errorf("left out: %s", left)
	}
}

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

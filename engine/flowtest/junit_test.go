package flowtest_test

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	"vigil/engine/flowtest"
	"vigil/engine/run"
)

func answer(t *testing.T, stage *flowtest.Stage, node string, values map[string]string) {
	t.Helper()
	if err := stage.Answer(run.Input{Node: node, Values: values}); err != nil {
		t.Fatal(err)
	}
}

func waitsAt(stage *flowtest.Stage) string {
	page, _ := stage.Effect().(run.Page)
	return page.Node
}

func TestJUnitNamesEveryCaseAndWhereItFailed(t *testing.T) {
	report := compiled(t)(`cases:
  - name: holds
    steps:
      - {at: credentials}
  - name: fails & <tells>
    steps:
      - {ends: success}
`)
	broken := compiled(t)("cases: {}\n")
	var b bytes.Buffer
	if err := flowtest.WriteJUnit(&b, []flowtest.Report{report, broken}); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(b.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	if read.Tests != 3 || read.Failures != 2 || len(read.Suites) != 2 || read.Suites[0].Name != "small" {
		t.Fatalf("%s", b.String())
	}
	// Jenkins's junit-10.xsd refuses a suite without errors, Surefire's one without skipped.
	if !strings.Contains(b.String(), `<testsuite name="small" tests="2" failures="1" errors="0" skipped="0">`) {
		t.Errorf("%s", b.String())
	}
	cases := read.Suites[0].Cases
	if cases[0].Failure != nil || cases[1].Name != "fails & <tells>" || cases[1].Failure == nil || cases[1].Failure.Text[:23] != "small.test.yaml:11:16: " {
		t.Errorf("%s", b.String())
	}
}

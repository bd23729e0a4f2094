package flowtest

import (
	"encoding/xml"
	"fmt"
	"io"

	"vigil/engine/diag"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"` // always 0: what Jenkins and Surefire want to see
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes reports in the XML that build servers read: a suite for each flow. A test file with mistakes is one failed case.
func WriteJUnit(w io.Writer, reports []Report) error {
	var all junitSuites
	for _, report := range reports {
		suite := junitSuite{Name: report.Flow}
		for _, d := range report.Diagnostics {
			if d.Severity == diag.Error {
				suite.Cases = append(suite.Cases, junitCase{Name: "the test file is sound", Class: report.Flow, Failure: junitFailed(d)})
				break
			}
		}
		for _, c := range report.Cases {
			told := junitCase{Name: c.Name, Class: report.Flow}
			if c.Failed != nil {
				told.Failure = junitFailed(*c.Failed)
			}
			suite.Cases = append(suite.Cases, told)
		}
		suite.Tests, suite.Failures = len(suite.Cases), 0
		for _, c := range suite.Cases {
			if c.Failure != nil {
				suite.Failures++
			}
		}
		all.Tests, all.Failures = all.Tests+suite.Tests, all.Failures+suite.Failures
		all.Suites = append(all.Suites, suite)
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}

func junitFailed(d diag.Diagnostic) *junitFailure {
	at := d.Subject
	return &junitFailure{Message: d.Summary, Text: fmt.Sprintf("%s:%d:%d: %s", at.File, at.Start.Line, at.Start.Column, d.Summary)}
}

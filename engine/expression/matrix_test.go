package expression_test

import (
	"fmt"
	"strings"
	"testing"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/expression"
)

// TestEveryOperatorBetweenAnyTwoTypesWorksOrNamesBothTypesAndTheirPlaces tries all of them: nothing is taken that cannot be computed, and nothing is
// refused without saying what stands where.
func TestEveryOperatorBetweenAnyTwoTypesWorksOrNamesBothTypesAndTheirPlaces(t *testing.T) {
	element := connector.Type{Kind: connector.String}
	var kinds []connector.Type
	for _, kind := range connector.Kinds() {
		if kind != connector.Secret { // which is refused in every expression, by its own sentence
			kinds = append(kinds, connector.Type{Kind: kind})
		}
		if kind == connector.List {
			kinds[len(kinds)-1].Elem = &element
		}
	}
	taken := 0
	for _, operator := range []string{"==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "**", "^", "contains", "startsWith", "endsWith", "in", "??"} {
		for _, left := range kinds {
			for _, right := range kinds {
				source := "l.eft " + operator + " r.ight"
				resolve := func(root, _ string) (connector.Type, *expression.Unknown) {
					if root == "l" {
						return left, nil
					}
					return right, nil
				}
				e, found := expression.Compile(source, resolve, columns)
				if e != nil {
					taken++
					continue
				}
				if len(found) != 1 {
					t.Errorf("%s %s %s: %d diagnostics", left, operator, right, len(found))
					continue
				}
				pair{left, right, operator}.heldBy(t, &found[0])
			}
		}
	}
	if taken < 60 {
		t.Errorf("only %d combinations are taken", taken)
	}
}

// pair is an operator between two types: l.eft + r.ight.
type pair struct {
	left, right connector.Type
	operator    string
}

func (p pair) heldBy(t *testing.T, d *diag.Diagnostic) {
	t.Helper()
	left, right, operator := p.left, p.right, len("l.eft ")+1
	about, second := fmt.Sprintf("%s %s %s", left, p.operator, right), operator+len(p.operator)+1
	if !strings.Contains(d.Summary, left.String()) && !strings.Contains(d.Summary, "looks into a list") || !strings.Contains(d.Summary, right.String()) {
		t.Errorf("%s: %q does not name both types", about, d.Summary)
	}
	if d.Subject.Start.Column != operator {
		t.Errorf("%s: said at %d, wanted %d", about, d.Subject.Start.Column, operator)
	}
	if len(d.Related) != 2 || d.Related[0].Range.Start.Column != 1 || d.Related[1].Range.Start.Column != second {
		t.Errorf("%s: the sides stand at %v", about, d.Related)
	}
	if d.Hint == "" {
		t.Errorf("%s: no help", about)
	}
}

func TestEveryOperatorBeforeAndBetweenConditionsNamesWhatItWants(t *testing.T) {
	for _, kind := range connector.Kinds() {
		if kind == connector.Secret || kind == connector.Bool {
			continue
		}
		resolve := func(root, _ string) (connector.Type, *expression.Unknown) {
			if root == "yes" {
				return connector.Type{Kind: connector.Bool}, nil
			}
			return connector.Type{Kind: kind}, nil
		}
		for source, column := range map[string]int{
			"a.b && yes.no": 1, "yes.no || a.b": 11, "yes.no and a.b": 12, "!a.b": 2, "not a.b": 5, "a.b ? 1 : 2": 1,
		} {
			_, found := expression.Compile(source, resolve, columns)
			if len(found) != 1 || !strings.Contains(found[0].Summary, string(kind)) || !strings.Contains(found[0].Summary, "wanted a bool") {
				t.Errorf("%s with a %s: %v", source, kind, found)
				continue
			}
			if at := found[0].Subject.Start.Column; at != column {
				t.Errorf("%s with a %s: said at %d, wanted %d", source, kind, at, column)
			}
		}
	}
}

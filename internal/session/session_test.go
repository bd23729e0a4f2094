package session

import (
	"maps"
	"strings"
	"testing"
)

func TestPropertiesAreSetTakenAwayAndBounded(t *testing.T) {
	s := &Session{}
	if !s.Note(map[string]string{"place": "Porto", "step": "1"}) || !s.Note(map[string]string{"step": "", "none": ""}) {
		t.Fatal("refused")
	}
	if want := map[string]string{"place": "Porto"}; !maps.Equal(s.Properties, want) {
		t.Fatalf("%v", s.Properties)
	}
	if s.Note(map[string]string{"long": strings.Repeat("x", 9<<10)}) || s.Properties["long"] != "" {
		t.Error("too long a text was taken")
	}
	many := map[string]string{}
	for i := range 51 {
		many[strings.Repeat("n", i+1)] = "1"
	}
	if s.Note(many) || len(s.Properties) != 1 {
		t.Error("too many were taken")
	}
	if !s.Note(map[string]string{"place": ""}) || s.Properties != nil {
		t.Errorf("%v", s.Properties)
	}
}

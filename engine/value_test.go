package engine_test

import (
	"os"
	"reflect"
	"testing"
	"time"

	"vigil/engine"
	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/internal/samples"
)

// there is a scope with a user called ada in every place.
type there struct{ nothing }

func (there) Lookup(root, name string) (any, bool) {
	switch root + "." + name {
	case "vars.user", "waiting.user":
		return connector.UserValue{AccountValue: connector.AccountValue{ID: "1", Username: "ada", Attributes: map[string]string{"department": "maths"}}}, true
	case "vars.since":
		return day, true
	case "vars.patience":
		return time.Hour, true
	case "vars.tags":
		return []any{"web", "new"}, true
	}
	return nil, false
}

var day = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

// shipped is a flow of testdata/flows.
func shipped(t *testing.T, name string) *graph.Flow {
	t.Helper()
	library, found := engine.Load(os.DirFS("testdata/flows"), samples.Registry())
	if len(found) > 0 {
		t.Fatal(sentences(found))
	}
	return library.Flow(name)
}

func TestVariablesBeginWithTheirDefaults(t *testing.T) {
	defaults := map[string]any{}
	for _, v := range shipped(t, "devices").Vars {
		defaults[v.Name] = v.Default
	}
	wanted := map[string]any{
		"user": nil, "note": nil, "tries": 0.0, "since": day, "patience": 36 * time.Hour, "sure": false, "tags": []any{"web", "new"},
	}
	if !reflect.DeepEqual(defaults, wanted) {
		t.Errorf("the defaults are %v", defaults)
	}
}

func TestWhatWasWrittenIsWhatIsComputed(t *testing.T) {
	given := map[string]any{}
	for _, a := range shipped(t, "devices").Node("done").End.With {
		value, err := a.Value.Eval(there{})
		if err != nil {
			t.Errorf("%s: %v", a.Name, err)
		}
		given[a.Name] = value
	}
	user, _ := there{}.Lookup("vars", "user")
	wanted := map[string]any{
		"user": user, "persistent": true, "maxLifetime": time.Hour, "scopes": []any{"web", "new"}, "authenticationMethods": []any{"swk"},
		"idTokenClaims": map[string]any{
			"department": "maths", "level": 3.0, "staff": true, "code": "7", "tags": []any{"a", "1"}, "more": map[string]any{"since": day},
		},
	}
	if !reflect.DeepEqual(given, wanted) {
		t.Errorf("the end is given %v", given)
	}
}

func TestAFormHoldsWhatItsFieldsGive(t *testing.T) {
	flow := shipped(t, "devices")
	pick := flow.Node("pick").Form
	for i, want := range []string{"device", "string", "string", "string", "number?", "time?", "secret"} {
		if got := pick.Fields[i].Gives.String(); got != want {
			t.Errorf("the field %q gives %s, wanted %s", pick.Fields[i].Name, got, want)
		}
	}
	if pick.Fields[0].From == nil || pick.Fields[0].Options != nil {
		t.Error("the devices are not chosen from a computed list")
	}
	if got := pick.Fields[1].Options; len(got) != 2 || got[0].Value != "work" || got[1].Label.Source != "Something else" {
		t.Errorf("the options are %v", got)
	}
	if waiting := flow.Node("waiting"); waiting.Form.Wait.Every != 3*time.Second || len(waiting.Then) != 4 {
		t.Errorf("the waiting form is %+v", waiting)
	}
	if flow.Timeout != 10*time.Minute || shipped(t, "sign-on").Timeout != 15*time.Minute {
		t.Error("a flow without a timeout has fifteen minutes")
	}
}

package spectest

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"vigil/internal/fixture"
)

// shared is a world in which a policy shares sign-ons among two flows, the second of which runs into a fault where a file says so.
func shared(t *testing.T, weights [2]int, rollBackAbove int) *world {
	t.Helper()
	w := newWorld(t)
	w.settings = append(w.settings,
		fmt.Sprintf("flowPolicies: [{name: people, flows: [{flow: sign-on, weight: %d}, {flow: trial, weight: %d, rollBackAbove: %d}]}]", weights[0], weights[1], rollBackAbove),
	)
	w.apps = []app{{"spa", []string{"flowPolicies=[people]"}}}
	w.write("flows/trial.yaml", trial(""))
	return w
}

// trial is another sign-on, which says so in its title. Fault stands at its beginning.
func trial(fault string) string {
	text := strings.Replace(fixture.SignOn("idleTimeout: 30m"), "flow: sign-on", "flow: trial", 1)
	text = strings.Replace(text, "      title: Sign on", "      title: The trial", 1)
	if fault != "" {
		text = strings.Replace(text, "start: session", "start: fault", 1)
		text = strings.Replace(text, "nodes:\n", "nodes:\n"+fault, 1)
	}
	return text
}

const broken = "  fault:\n    do: audit.record\n    with: {event: = string(int(request.clientId))}\n    then: {done: session}\n"

// title tells which flow a browser is given.
func (w *world) title() string {
	w.t.Helper()
	w.start()
	response, _ := w.get("https://" + issuerHost + "/as/authorize?" + w.query("spa", nil).Encode())
	location := response.Header.Get("Location")
	if !strings.Contains(location, "/signon/") {
		u, _ := url.Parse(location)
		return u.Query().Get("error")
	}
	_, page := w.get(location)
	if strings.Contains(page, "The trial") {
		return "trial"
	}
	return "sign-on"
}

func TestAPolicySharesBrowsersByWeightAndEachKeepsItsFlow(t *testing.T) {
	t.Parallel()
	w := shared(t, [2]int{3, 1}, 0)
	given := map[string]int{}
	for i := range 120 {
		w.use(fmt.Sprint(i))
		first := w.title()
		given[first]++
		w.current.restart()
		if again := w.title(); again != first {
			t.Fatalf("browser %d was given %s and then %s", i, first, again)
		}
	}
	if given["sign-on"] < 70 || given["trial"] < 12 || given["sign-on"]+given["trial"] != 120 {
		t.Errorf("of 120 browsers, weights 3 and 1: %v", given)
	}
}

func TestAFlowThatFailsTooOftenIsTakenBackUntilItIsChanged(t *testing.T) {
	t.Parallel()
	w := shared(t, [2]int{1, 3}, 10)
	w.write("flows/trial.yaml", trial(broken))
	faults := 0
	for i := range 80 {
		w.use(fmt.Sprint(i))
		if w.title() == "server_error" {
			faults++
		}
	}
	if faults < 20 || faults > 21 {
		t.Errorf("%d people met the fault before the flow was taken back", faults)
	}
	w.restart("server")
	for i := range 40 {
		w.use(fmt.Sprint(i))
		if got := w.title(); got != "sign-on" {
			t.Fatalf("after a restart: %s", got)
		}
	}
	w.stop()
	w.write("flows/trial.yaml", trial(""))
	given := map[string]int{}
	for i := range 40 {
		w.use(fmt.Sprint(i))
		given[w.title()]++
	}
	if given["trial"] == 0 {
		t.Errorf("the flow that was mended is given to nobody: %v", given)
	}
}

func TestWhereEveryFlowFailsNoneIsToBlame(t *testing.T) {
	t.Parallel()
	w := shared(t, [2]int{1, 1}, 10)
	w.write("flows/trial.yaml", trial(broken))
	w.signOnFlow = strings.Replace(strings.Replace(fixture.SignOn("idleTimeout: 30m"), "start: session", "start: fault", 1), "nodes:\n", "nodes:\n"+broken, 1)
	for i := range 80 {
		w.use(fmt.Sprint(i))
		w.title()
	}
	shares, err := w.server.FlowShares(t.Context(), "test", "people")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shares {
		if s.TakenBack != nil || s.Runs < 20 || s.Failures != s.Runs {
			t.Errorf("%+v", s)
		}
	}
}

package flowhost_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/internal/metrics"
)

// runsOf gives what became of the runs of a flow.
func (h *house) runsOf(flow string) metrics.Runs {
	h.t.Helper()
	all := h.server.Metrics().RunsOf("home")
	at := slices.IndexFunc(all, func(r metrics.Runs) bool { return r.Flow == flow })
	if at < 0 {
		h.t.Fatalf("no run of %s was counted", flow)
	}
	return all[at]
}

// scrape asks for the counts as Prometheus does.
func (h *house) scrape() string {
	w := httptest.NewRecorder()
	h.server.Metrics().Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

func TestEveryRunIsCountedByHowItEndedAndWherePeopleLeft(t *testing.T) {
	h := openHamlet(t)
	b := h.browser()
	b.by("sign-on").press("signOn", "username", "ada", "password", "a wrong horse").shows("not right")
	b.press("signOn", "username", "ada", "password", "correct horse").returned("code=")
	b.by("sign-on").returned("code=") // the session is enough
	h.browser().by("leave").returned("error=login_required")
	h.browser().by("sign-on")
	h.browser().by("sign-on")
	if r := h.runsOf("sign-on"); r.Begun != 4 || r.Ended[metrics.TimedOut] != 0 {
		t.Errorf("before anybody is late: %+v", r)
	}
	h.pass(time.Hour)
	if err := h.server.Worker.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}

	r := h.runsOf("sign-on")
	if r.Begun != 4 || r.Ended[metrics.Success] != 1 || r.Ended[metrics.Silent] != 1 || r.Ended[metrics.TimedOut] != 2 || r.LeftAt["credentials"] != 2 {
		t.Errorf("%+v", r)
	}
	if rate, known := r.SuccessRate(); !known || rate < .33 || rate > .34 {
		t.Errorf("the success rate is %v", rate)
	}
	if r := h.runsOf("leave"); r.Begun != 1 || r.Ended[metrics.Refused] != 1 {
		t.Errorf("%+v", r)
	}
	told := h.scrape()
	for _, want := range []string{
		`vigil_flow_runs_ended_total{environment="home",flow="sign-on",outcome="success"} 1`,
		`vigil_flow_node_outcomes_total{flow="leave",node="session",outcome="none"} 1`,
		`vigil_flow_step_seconds_count{flow="sign-on"} 6`,
		`vigil_capability_seconds_count{capability="user.checkPassword"} 2`,
		`vigil_http_requests_total{method="POST",route="/signon/",status="200"} 1`,
	} {
		if !strings.Contains(told, want) {
			t.Errorf("no %s in\n%s", want, told)
		}
	}
	if strings.Contains(told, `="ada"`) || strings.Contains(told, `="spa"`) {
		t.Error("a person or an application is named")
	}
}

func TestStrangersMakeNoSeriesOfTheirOwn(t *testing.T) {
	h := openHamlet(t)
	for _, path := range []string{"/first-made-up", "/second-made-up", "/as/third-made-up"} {
		r := httptest.NewRequest("BREW", home+path, nil)
		h.server.ServeHTTP(httptest.NewRecorder(), r)
	}
	told := h.scrape()
	if strings.Contains(told, "made-up") || strings.Contains(told, "BREW") || !strings.Contains(told, `{method="other",route="none",status="404"} 3`) {
		t.Error(told)
	}
}

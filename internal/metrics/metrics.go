package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the counts of one server. They are safe for many requests at once.
type Metrics struct {
	now      func() time.Time
	registry *prometheus.Registry

	requests *prometheus.CounterVec
	answered *prometheus.HistogramVec
	begun    *prometheus.CounterVec
	ended    *prometheus.CounterVec
	passages *prometheus.CounterVec
	steps    *prometheus.HistogramVec
	work     *prometheus.HistogramVec

	ledger ledger
}

// New makes counts that stand at zero. Now is the clock that durations are measured by.
func New(now func() time.Time) *Metrics {
	m := &Metrics{now: now, registry: prometheus.NewRegistry()}
	m.requests = m.counter("vigil_http_requests_total", "Requests that were answered.", "method", "route", "status")
	m.answered = m.histogram("vigil_http_request_seconds", "How long answers took.", "route")
	m.begun = m.counter("vigil_flow_runs_begun_total", "Runs of flows that began.", "environment", "flow")
	m.ended = m.counter("vigil_flow_runs_ended_total", "Runs of flows that ended, by outcome: success, silent (without a page), refused, fault, timedOut.",
		"environment", "flow", "outcome")
	m.passages = m.counter("vigil_flow_node_outcomes_total", "Ways that runs took out of nodes.", "flow", "node", "outcome")
	m.steps = m.histogram("vigil_flow_step_seconds", "How long a run took from an answer to its next page or its end.", "flow")
	m.work = m.histogram("vigil_capability_seconds", "How long capabilities took that flows asked.", "capability")
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.registry.MustRegister(c)
	return c
}

func (m *Metrics) histogram(name, help string, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15},
	}, labels)
	m.registry.MustRegister(h)
	return h
}

// Handler answers GET /metrics in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	return mux
}

// Request counts an answer. Route is the pattern that a path fell under; empty: none did.
func (m *Metrics) Request(method, route string, status int, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
	default:
		method = "other" // a stranger may send any word
	}
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.answered.WithLabelValues(route).Observe(took.Seconds())
}

// Passage counts a way that a run took out of a node.
func (m *Metrics) Passage(flow, node, outcome string) {
	m.passages.WithLabelValues(flow, node, outcome).Inc()
}

// Step measures a step of a run until done is called.
func (m *Metrics) Step(flow string) (done func()) { return m.measure(m.steps, flow) }

// Work measures a capability until done is called.
func (m *Metrics) Work(capability string) (done func()) { return m.measure(m.work, capability) }

func (m *Metrics) measure(h *prometheus.HistogramVec, label string) (done func()) {
	began := m.now()
	return func() { h.WithLabelValues(label).Observe(m.now().Sub(began).Seconds()) }
}

// Queue shows how much waits under a name. Length is asked at every look, and answers quickly; below zero: it is not known just now.
func (m *Metrics) Queue(name string, length func() int) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "vigil_queue_length", Help: "What waits to be sent, or was given up (dead). At most " + strconv.Itoa(MaxQueue) + " are counted; -1: the store does not answer.",
		ConstLabels: prometheus.Labels{"queue": name},
	}, func() float64 { return float64(length()) }))
}

// MaxQueue is how much of a queue is counted at most: a look must stay cheap.
const MaxQueue = 10_000

// Package metrics counts what one server does while it runs: requests, runs of flows, the ways they take, and what waits.
//
// It owns the names and labels of what Prometheus reads at GET /metrics, and how the runs of each edition of a flow ended, which vigil flow status
// shows. Every label comes from the configuration, from flow files or from the table of routes, never from a request: strangers make no series.
// Nothing is kept: another start counts from zero.
//
// It listens nowhere (server does, apart from browsers) and imports nothing of ours. Neighbours: web tells of requests, flowhost of runs.
package metrics

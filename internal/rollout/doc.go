// Package rollout chooses among the flows of a policy by their weights, and takes a flow back that fails too often.
//
// It owns the records of flows that were taken back. A browser keeps its choice as long as the weights stay: it brings a number that it drew once, which
// says nothing else about it. How runs end is counted in memory, over the latest of each flow; that a flow was taken back is kept in the store, so that
// every process and the next start obey. It holds for one content of a flow: when the flow is changed, it is tried again.
package rollout

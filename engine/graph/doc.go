// Package graph is a compiled flow: nodes, edges, values and texts, immutable and proved.
//
// The compile package makes it, the run package walks it, drawings read it. It holds no YAML and checks nothing.
package graph

// Package engine loads flows: a folder of YAML files and a registry of capabilities in, a library of proved graphs or diagnostics out.
//
// It owns the order of things (syntax, then compile, then the rules), which parts a flow calls, and a flow's identity. A flow with errors is
// never in a library. It reads only the file system it is given; it runs nothing: package run does.
//
// Its neighbours: diag says what is wrong, graph is what comes out, connector what a flow can ask for.
package engine

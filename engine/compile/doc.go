// Package compile turns the tree of a flow into a graph, and proves on the way what can be proved of one place at a time.
//
// It owns names (nodes, outcomes, capabilities, parts, inputs, variables, fields), types of values, texts and literals, and what an end may be given.
// It goes on after a mistake, so that one run names all of them; a graph with holes is still handed to the rules, never to a run.
//
// What only paths can tell (what is assigned, proved, reachable, endless) is in package rule.
package compile

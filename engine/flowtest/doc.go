// Package flowtest runs the tests of a flow or a part: cases in a YAML file beside it, which people who write flows can read.
//
// It plays each case on the real machine with users, sessions and a clock of its own, without a network, and tells which edges and nodes no
// case passed. Mistakes in a test file and steps that turned out otherwise are diagnostics with line and column; JUnit is written for build
// servers. A Stage is the same world for whoever plays a flow by hand.
//
// It compiles nothing: it takes a compiled flow. The capabilities that ship work on the case's users; of others a case says the answers.
package flowtest

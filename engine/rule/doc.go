// Package rule holds what is proved of whole paths through a flow, one rule a file.
//
// Each rule has a folder of examples under testdata: bad.yaml with what is said of it in bad.out, and ok.yaml, the nearest flow that is well.
// They are the tests of the rule and its page in the manual. A new rule is a file, its folder, and a line in the list of Check.
//
// What can be told of one place at a time is in package compile.
package rule

// Package expression is the language behind "= " and inside {{ }}: expr-lang, cut down to what can be proved and bounded.
//
// An expression is parsed by expr-lang and then checked by our own walker, which gives every node a type of the flow language, refuses what
// it does not know, keeps secrets out and notes what the expression reads. Only then it is compiled, and runs on values a Scope gives.
// Bounds: 1,000 characters, 200 nodes of the tree, lists of 200, texts of 64 KiB, no predicate inside a predicate.
//
// It knows no nodes and no paths: the compile package says what a reference is, the rule package proves that it is there.
package expression

// Package diag is what authors get instead of plain errors: a rule, a sentence, a place, the other place and a fix.
//
// It owns positions, diagnostics and their output as text with the source line and a caret, as JSON and as SARIF. It imports nothing of ours.
package diag

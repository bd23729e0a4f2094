// Package format brings flow files into one form: keys in the order of the vocabulary, two spaces for each level, one blank line between steps
// of several lines, and nothing else. What is written (texts, expressions, comments, the choice between blocks and braces) stays as it is.
//
// It reads the part of YAML that flows use by itself, so that comments and quotes survive; it refuses what is not of that part.
// Formatting twice gives what formatting once gave. Its neighbour is vocabulary.
package format

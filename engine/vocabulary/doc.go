// Package vocabulary is the list of all keys of flow files: where each may stand, in which order they are written, what they hold.
//
// The formatter, the JSON Schema and the manual are made from it; a test holds it against what the reader of flow files knows.
// It reads no files.
package vocabulary

// Package schema is the one page that names every bucket of the store, its keys and its values.
//
// It holds no code. A test opens a store that was used and compares what is in the file with this page.
package schema

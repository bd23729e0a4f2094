// Package architecture holds the house to its plan. It is tests alone.
//
// It owns directions.txt, the one table of who may import whom, which library has which home, and who may read the clock or make chance;
// and the limits of every file: its length, the length of its functions, the comment of its package, what must not be written.
//
// It reads source text and compiles nothing, so it also speaks while something else is broken. Formatting and types are `make test`'s,
// everything a linter knows is `make lint`'s.
package architecture

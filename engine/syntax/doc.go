// Package syntax reads the YAML of a flow into a typed tree with a range on every leaf.
//
// It owns what can be said of a file without knowing any capability: shapes, unknown and duplicate keys, names, literals, limits of size and
// depth, and that nothing of YAML is used which other readers read differently (anchors, aliases, tags, yes and no). All mistakes of a file come in one run.
//
// It knows no types, no expressions and no paths: expression, compile and rule do.
package syntax

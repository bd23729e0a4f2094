// Package subject names people to applications: by one name for all of them, or by another name in each sector.
//
// It owns the pairwise names and the way back from a name to the person. A pairwise name is the person's id, encrypted under a key of the
// environment with the sector mixed in: nothing is stored, and applications of different sectors cannot compare notes.
//
// It decides nothing about applications. Neighbours: package mint writes the names into tokens, packages accesstoken and hint read them.
package subject

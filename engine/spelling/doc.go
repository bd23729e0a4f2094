// Package spelling spells records that are written and read all the time: texts with their length, numbers as varints, one after the other.
//
// It owns no record and no format: whoever writes one reads the same things in the same order, behind a first byte that tells formats apart.
// What comes seldom, or of many kinds, is better off as JSON in a text. Its neighbours: run and connector keep what a step of a flow goes on
// with by it, internal/store its sessions and runs.
package spelling

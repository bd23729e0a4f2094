// Package builtin holds the capabilities that ship, one file each.
//
// All gives them over the ports of a host: the directory of accounts and the audit trail. Over empty Ports they can be read by the compiler
// and the linter, and fail when run. A capability decides nothing about sessions or pages; the run package does.
package builtin

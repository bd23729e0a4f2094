// Package registration keeps the applications that registered themselves while the server ran (RFC 7591, RFC 7592).
//
// It owns their records, the tokens that let them in and the tokens by which each changes its own record, how many may come and in which
// time, and the translation of client metadata into the settings of the configuration file, whose rules then judge every value. It answers
// tenant.Registry from the store as it is at that moment: whatever is cached is compared with the record before it is believed.
//
// It speaks no HTTP: package op/register does. No secret is in a record: those of clients are derived, tokens are kept as digests.
// Neighbours: package config judges, package tenant asks, package admin lists and deletes for operators.
package registration

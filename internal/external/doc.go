// Package external signs people on with other OpenID providers: it leads to them, judges what comes back, and keeps whose account is whose there.
//
// It owns the buckets external and externalByUser. What it asked a provider waits in the run (port Keep). Verbs: Begin and Returned for package
// flowhost, which owns the route that providers send people back to; SignOn, Owner, Link and Register for the capabilities external.*; LinksOf
// and Unlink for operators; RemoveAll inside the transaction that removes a person.
//
// It decides nothing about sessions, and never whose account an e-mail address stands for. Its neighbours are package outbound, through which
// every call goes, and package directory, which knows the accounts.
package external

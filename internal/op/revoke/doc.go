// Package revoke is POST /as/revoke: an application gives tokens back.
//
// It owns what follows: a refresh token ends with its whole line and every access token of it, an access token ends alone. The session goes
// on. An application can give back its own tokens only, and does not learn what became of others.
//
// Neighbours: package clientauth says who calls, package grant and package accesstoken read the tokens.
package revoke

// Package userinfo is GET and POST /as/userinfo: it tells the bearer of an access token what its scope lets him know of the person.
//
// It owns the reading of bearer tokens and the rules under which one is good: our signature, this issuer, not expired, its application still
// there, not revoked, and its session alive.
//
// It does not know where people are kept (asked through grant.Users). Neighbours: package keys verifies, package grant knows revocations,
// package op/token made the token.
package userinfo

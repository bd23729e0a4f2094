// Package token is POST /as/token: it turns codes, refresh tokens, device codes, other tokens and an application's own proof into tokens.
//
// It owns the rules under which each of them is accepted, and the key that tokens are bound to. A code is used up, and its refresh token
// family written, in one transaction that also asks whether the session lives.
//
// It does not issue codes (op/authorize), verify tokens (op/userinfo) or read sessions (asked through grant.Liveness). Neighbours: package
// clientauth says who calls, package grant and package device record uses, package mint makes tokens, package dpop checks proofs.
package token

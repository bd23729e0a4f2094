// Package token is POST /as/token: it turns authorization codes and refresh tokens into tokens.
//
// It owns the authentication of clients at the token endpoint, the rules under which a code or a refresh token is accepted, and the content
// of ID tokens and access tokens. A code is used up, and its refresh token family written, in one transaction that also asks whether the
// session lives.
//
// It does not issue codes (op/authorize), verify tokens (op/userinfo) or read sessions (asked through grant.Liveness). Neighbours: package
// grant records uses, package keys signs, package oidc parses.
package token

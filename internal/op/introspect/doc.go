// Package introspect is POST /as/introspect: a resource asks what a token is worth, as JSON or as a signed answer.
//
// It owns who may ask and what is said: applications that prove themselves learn of access tokens, whoever they were issued to, and of their
// own refresh tokens. Everything that is not good now is just not active; why is not said.
//
// Neighbours: package clientauth says who calls, package accesstoken and package grant read the tokens, package keys signs.
package introspect

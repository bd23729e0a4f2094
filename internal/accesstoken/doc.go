// Package accesstoken reads the access tokens that package mint made: signed ones and opaque ones alike.
//
// It owns what makes a token good here and now: its kind, its issuer, its expiry, its application, the session that it hangs on, and
// whether it or its grant was revoked.
//
// It does not read requests, and what a token may be used for is said by the endpoints. Neighbours: packages op/userinfo, op/introspect,
// op/revoke and op/token ask.
package accesstoken

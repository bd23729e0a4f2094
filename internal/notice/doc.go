// Package notice tells applications that a session they joined has ended: OpenID Connect Back-Channel Logout 1.0.
//
// It owns the logout token, made anew for each attempt; where a token may be sent to; when it is sent again, up to a day; and that a dead or
// slow application delays nobody but itself. Package store owes the notices, in the transaction that ends the session, and keeps them:
// what is lost with the process is only the attempt. A notice arrives at least once; its jti stays the same.
//
// It has no routes. Package background calls Round, package signoff calls Tell, package admin lists and replays dead letters.
package notice

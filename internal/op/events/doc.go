// Package events tells a browser at once what becomes of its session.
//
// It owns GET /as/session/events, a stream of server-sent events, and POST /as/session/ticket.
//   - By its cookies the check-session page hears `extended` and `ended` of the browser's own session.
//   - By a ticket an application whose frame sees no cookies hears `ended`, and `ticket` with what opens its next stream.
//
// A stream begins with the present state, ends with the session or after some minutes, and never counts as activity. A ticket holds what it
// stands for, encrypted; that it was used is kept in the store, so that it opens one stream on one of all servers.
// What a page makes of an event is package iframe's and the SDK's.
package events

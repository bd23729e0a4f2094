// Package flowhost runs flows for browsers: it begins them for authorize, shows their pages, takes their answers and turns their success into a session.
//
// It owns GET and POST /signon, the way to other identity providers and back (/signon/leave, /as/callback/…), and the record of a run in progress;
// the machine itself is package engine/run. A run belongs to the browser that began it, is pinned to the content of its flow, and survives a restart
// of the server. What the flow decides commits together with the session it starts.
// It answers no application: an ended run goes back to /as/resume, which package authorize owns.
//
// Runs that an operator ordered are written down (Recordings): their events commit with the step that they tell of.
package flowhost

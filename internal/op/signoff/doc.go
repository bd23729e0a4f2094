// Package signoff ends sessions at the request of an application: RP-Initiated Logout in PingOne's shape, and what follows from an ending for
// the person: they wait a moment while applications are told, by their servers (package notice) and in frames (Front-Channel Logout).
//
// It owns GET and POST /as/signoff, POST /as/signoff/confirm, the answer to its question, and GET and POST /as/idpSignoff, which needs no
// cookie. Nothing ends and nothing is redirected before hint, application and address were checked. Without a hint of the current session the
// person is asked first, unless the environment wants PingOne's way.
package signoff

// Package signoff ends sessions at the request of an application: RP-Initiated Logout in PingOne's shape.
//
// It owns GET and POST /as/signoff and POST /as/signoff/confirm, the answer to its question. Nothing ends and nothing is redirected before hint,
// application and address were checked. Without a hint of the current session the person is asked first, unless the environment wants PingOne's way.
package signoff

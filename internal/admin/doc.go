// Package admin is what an operator does to a store: users, signing keys, sessions and applications that registered themselves.
//
// It owns the Operations and three ways to them: Local on a store that this process opened, Client through the unix socket of the process that
// holds it, and Handler, which a server mounts on that socket (Listen). The socket lies in the data folder beside the database, for its owner
// only; nothing here is ever served on TCP.
//
// Verbs, all POST with JSON: /users/add, /users/list, /users/password, /users/enabled, /users/email, /users/factors/list, /users/factors/remove,
// /keys/list, /keys/rotate, /sessions/list, /sessions/end, /notices/list, /notices/replay, /mail/list, /clients/list, /clients/delete,
// /clients/tokens/add, /clients/tokens/list, /clients/tokens/revoke, /flows/status, /flows/restore, /recordings/order, /recordings/stop,
// /recordings/list, /recordings/read, /recordings/delete, /probe/ticket.
//
// It does not ask who the caller is: whoever may open the socket could read the database as well. Neighbours: directory, keys, registration and
// store do the work; cmd/vigil talks to people.
package admin

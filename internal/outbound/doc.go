// Package outbound is how the server calls others: to registered addresses only, and not into the network that it stands in.
//
// It owns the HTTP client for that: how far a call reaches, no redirects, limits of time and size, proxies and certificates by the usual
// environment variables. An address is judged when it is dialled, after names were resolved, so that a name cannot lie.
//
// It knows no protocol. Neighbours: package clientkeys fetches JWK sets, package notice sends logout tokens.
package outbound

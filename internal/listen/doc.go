// Package listen ends TLS in this process, where no proxy does.
//
// It owns the choice of a certificate by the name that a client asks for, the reading of changed files while the server runs, certificates
// from an authority by ACME (RFC 8555), the redirect from plain HTTP, and HSTS. A name that nobody certified gets no handshake and a line of
// the log that says which names there are.
//
// It opens no sockets and knows nothing of environments: package server gives it names and serves with its tls.Config. Neighbours:
// internal/certificate reads pairs of files, internal/clientcert judges what clients show.
package listen

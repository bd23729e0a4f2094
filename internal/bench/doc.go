// Command bench measures what the provider costs, beside a bare Echo handler that does only the unavoidable part of the same work, and beside
// node-oidc-provider, which `make bench` installs into peer/ and which keeps everything in memory.
//
// Server and driver are two processes on loopback, HTTP/1.1 with keep-alive and 8 connections. Rounds of all servers alternate, so that a busy
// machine disturbs them alike. The figure to read is CPU per request of the server process; requests/s and latencies depend on the machine's mood.
// Below the table stand one step in the engine alone and the memory of many runs. `make bench` runs it; it asserts nothing.
package main

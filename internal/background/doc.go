// Package background does what no request waits for: it writes gathered activity, ends sessions that timed out, lets notices go out,
// and forgets what has expired.
//
// It owns when that happens. What happens is each store's business; on an injected clock a test calls Round itself.
package background

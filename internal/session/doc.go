// Package session is the session of one browser at one host, as a value with pure transitions: Start, Touch, Authenticate, Join, and the question Live.
//
// It owns deadlines and what counts as one; it reads no clock, no store and no cookie. Package store keeps sessions and ends them,
// package useragent ties them to a browser.
package session

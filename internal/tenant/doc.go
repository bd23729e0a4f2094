// Package tenant knows whom a request is for: environments, their hosts and their applications.
//
// It owns the matching of hosts and paths, of redirect URIs and of origins, and what an application may do. It reads no file and no store:
// package config makes its values. Everything here is immutable once New returned and safe for use by many goroutines; applications that
// register themselves come from a Registry, package registration.
package tenant

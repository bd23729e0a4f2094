// Package site tells which hosts browsers count as one site.
//
// It owns the question that third-party cookies hang on: is a page of an application on the same site as the frame of the provider in it? The
// public suffix list is the one that golang.org/x/net carries. It looks nothing up. Neighbours: internal/config and internal/doctor.
package site

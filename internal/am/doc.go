// Package am is the dialect of ForgeRock AM and PingOne Advanced Identity Cloud, over the same sessions as PingOne's surface.
//
// It owns {context}/oauth2/… and {context}/json/… in all spellings of realms: it translates a request in, hands it to the endpoint that serves
// it everywhere else, and translates the answer out. What it says itself are AM's words: status codes, error codes, callbacks and JSON.
//
// It decides nothing about sessions, tokens and flows, and keeps nothing. Neighbours: the endpoints of internal/op, by what they registered on
// the router or exported for a dialect; package flowhost runs flows; package useragent reads and writes the session token; package tenant knows
// realms.
package am

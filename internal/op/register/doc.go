// Package register is where applications register themselves, and read, change and delete what they registered.
//
// It owns POST /as/register (RFC 7591) and GET, PUT and DELETE /as/register/{client id} (RFC 7592): how tokens come, what is answered, and
// which refusal each fault becomes. An environment that lets nobody register has no such addresses.
//
// It decides nothing about metadata and keeps nothing: package registration does.
package register

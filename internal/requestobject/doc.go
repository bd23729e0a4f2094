// Package requestobject reads authorization requests that travel as one JWT (RFC 9101), by value.
//
// It owns what makes such an object a request of the application that it names: its signature by a registered key, its type, audience and
// time, that a token made for another purpose never passes, and that encryption, which anybody can do, proves nothing. What the parameters
// inside ask for is parsed by package oidc and judged by package op/authorize, as if they had come as a form.
package requestobject

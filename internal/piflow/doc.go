// Package piflow is the JSON in which PingOne's clients run a flow: response_mode=pi.flow and the steps below /davinci/.
//
// It owns the translation of a flow's page into the form that @forgerock/davinci-client turns into collectors, of that client's answer into
// the machine's input, and of what went wrong into the shapes that the client tells apart: a refused answer may be sent again under the same
// token, everything else ends the flow.
//
// It serves nothing and decides nothing. Neighbours: package op/authorize has the endpoints, package flowhost runs the flow.
package piflow

// Package device lets people sign on for a device that has no browser: the device shows a code, the person types it elsewhere.
//
// It owns POST /as/device_authorization, where a device gets its codes; GET and POST /as/device (and below it, by devicePathId), where people
// type them; and the question whether that device is theirs, which follows after the application's flow has signed them on. Where the
// environment has a flow for devices (deviceFlow), that one asks for the code and for consent. Guessing codes is braked by address.
//
// It gives no token. Neighbours: package device keeps the record, package flowhost runs the flow, package op/token is polled.
package device

// Package device is the record of a device that waits for somebody to sign on elsewhere: its code, the code that people type, and what
// became of it.
//
// It owns the buckets `device` and `deviceByCode`, the answer of the person, the pace of polling, and that a device code is redeemed once.
// The store knows digests of the codes only. A device code dies with the session that approved it.
//
// It speaks no HTTP. Neighbours: package op/device begins and answers, package op/token polls and redeems.
package device

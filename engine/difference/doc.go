// Package difference tells two versions of a flow apart by what they do, not by their lines: steps that came or went, what a step is given or
// shows, where its outcomes lead, and which ways from the start to an end are new or gone.
//
// Order, layout and comments make no difference. It judges nothing. Its neighbour is syntax, which reads the files.
package difference

// Package drawing draws flows: as SVG laid out by its own layered layout, as Mermaid for pages that draw it themselves, and as text.
//
// It draws what the author wrote, so a flow with mistakes has a picture too, as far as it can be read. The same file gives the same picture
// to the byte. Pictures hold no script and load nothing; their colours follow the reader's light or dark scheme.
//
// It judges nothing. Its neighbour is syntax, which reads the files.
package drawing

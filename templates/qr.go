package templates

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// quiet is the margin that readers need, in modules. ISO/IEC 18004 9.1: four.
const quiet = 4

// qrPicture draws a text as a QR code: an SVG that needs nothing beside itself, black on white in every colour scheme. Empty: it is too long for one.
func qrPicture(text, label string) template.HTML {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return ""
	}
	bounds := code.Bounds()
	size := bounds.Dx() + 2*quiet
	var path strings.Builder
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			if r, _, _, _ := code.At(x, y).RGBA(); r != 0 {
				continue
			}
			run := 1
			for x+run < bounds.Max.X {
				if r, _, _, _ := code.At(x+run, y).RGBA(); r != 0 {
					break
				}
				run++
			}
			fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x-bounds.Min.X+quiet, y-bounds.Min.Y+quiet, run, run)
			x += run
		}
	}
	return template.HTML(fmt.Sprintf( //nolint:gosec // numbers, and a label that is escaped
		`<svg class="qr" role="img" aria-label="%s" viewBox="0 0 %d %d" shape-rendering="crispEdges" width="%d" height="%d"><rect width="100%%" height="100%%" fill="#fff"/><path d="%s"/></svg>`,
		template.HTMLEscapeString(label), size, size, 4*size, 4*size, path.String()))
}

// Picture is QR drawn. Empty: there is nothing to draw.
func (p FormPage) Picture() template.HTML {
	if p.QR == "" {
		return ""
	}
	return qrPicture(p.QR, p.Words.QRLabel)
}

// Lines are what Show holds.
func (p FormPage) Lines() []string {
	if p.Show == "" {
		return nil
	}
	return strings.Split(p.Show, "\n")
}

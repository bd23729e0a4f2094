package drawing

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// Sizes in CSS pixels.
const (
	margin     = 28
	nameSize   = 14
	saySize    = 12
	labelSize  = 12
	labelLine  = 16
	boxHeight  = 52
	lowHeight  = 40 // of boxes with a name alone
	layerGap   = 19 // between a box and a label
	headHeight = 64
)

// art is an SVG under way.
type art struct {
	*layout
	b      strings.Builder
	labels [][]string // by arrow, as they are shown
	top    []float64  // of each layer
	height []float64  // of each layer
	total  float64
}

// SVG draws the flow as a picture that stands by itself.
func (p *Picture) SVG() string {
	p = p.apart()
	a := &art{labels: make([][]string, len(p.arrows))}
	for i := range p.arrows {
		for _, label := range p.arrows[i].labels {
			a.labels[i] = append(a.labels[i], wrap(label, 30)...)
		}
	}
	a.layout = newLayout(p, p.boxWidth, func(i int) float64 { return a.labelWidth(i) })
	width := a.place()
	a.stack()
	heading := shorten(p.title, 90)
	head := max(1.15*textWidth(heading, 18), textWidth(p.name, labelSize)) + 8
	across := math.Ceil(max(width, head)) + 2*margin
	down := math.Ceil(a.total) + headHeight + margin
	fmt.Fprintf(&a.b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%s" height="%s" role="img" aria-labelledby="title desc">`+"\n",
		px(across), px(down), px(across), px(down))
	fmt.Fprintf(&a.b, "<title id=\"title\">%s</title>\n<desc id=\"desc\">%s</desc>\n", html.EscapeString(p.title), html.EscapeString(p.Text()))
	a.b.WriteString(style)
	fmt.Fprintf(&a.b, `<rect class="paper" width="%s" height="%s"/>`+"\n", px(across), px(down))
	fmt.Fprintf(&a.b, `<text class="heading" x="%d" y="38">%s</text><text class="file" x="%d" y="57">%s</text>`+"\n",
		margin, html.EscapeString(heading), margin, html.EscapeString(p.kindOfFlow()))
	left := margin + max(0, (across-2*margin-width)/2)
	fmt.Fprintf(&a.b, `<g transform="translate(%s %d)">`+"\n", px(left), headHeight)
	a.lines()
	for i := range p.boxes {
		a.box(i)
	}
	a.words()
	a.b.WriteString("</g>\n</svg>\n")
	return a.b.String()
}

// crowded is how many arrows may lead to one error end. Where there are more each gets an end of its own beside the box it comes from.
const crowded = 4

func (p *Picture) apart() *Picture {
	count := map[int]int{}
	for _, a := range p.arrows {
		count[a.to]++
	}
	q := *p
	q.boxes, q.arrows = slices.Clone(p.boxes), slices.Clone(p.arrows)
	kept := map[int]bool{}
	for i := range q.arrows {
		a := &q.arrows[i]
		if p.boxes[a.to].kind != badEnd || count[a.to] <= crowded {
			continue
		}
		if !kept[a.to] { // the first stays where it is
			kept[a.to] = true
			continue
		}
		q.boxes = append(q.boxes, p.boxes[a.to])
		a.to = len(q.boxes) - 1
	}
	return &q
}

func (p *Picture) kindOfFlow() string {
	if p.part {
		return "part " + p.name
	}
	return p.name
}

// stack gives the layers their heights.
func (a *art) stack() {
	y := 30.0 // the arrow to the start
	for _, row := range a.layers {
		height := 0.0
		for _, c := range row {
			cell := &a.cells[c]
			if cell.box >= 0 {
				height = max(height, a.boxHeight(cell.box))
			} else if cell.labelled {
				height = max(height, float64(labelLine*len(a.labels[cell.arrow]))+6)
			}
		}
		height = max(height, 8)
		a.top, a.height = append(a.top, y), append(a.height, height)
		y += height + layerGap
	}
	a.total = y - layerGap
}

func (p *Picture) boxHeight(i int) float64 {
	switch b := &p.boxes[i]; {
	case b.kind == chooseBox:
		return boxHeight
	case b.say == "" || b.say == b.name:
		return lowHeight
	}
	return boxHeight
}

func (p *Picture) boxWidth(i int) float64 {
	b := &p.boxes[i]
	width := textWidth(b.name, nameSize) * 1.06
	if b.say != b.name {
		width = max(width, textWidth(shorten(b.say, 40), saySize)*p.spread(i))
	}
	switch b.kind {
	case chooseBox:
		return math.Ceil(width) + 84
	case goodEnd, badEnd:
		return max(96, math.Ceil(width)+44)
	case formBox:
		return max(132, math.Ceil(width)+52)
	case callBox:
		return max(120, math.Ceil(width)+52)
	}
	return max(120, math.Ceil(width)+36)
}

// spread allows for letters of one width.
func (p *Picture) spread(i int) float64 {
	if kind := p.boxes[i].kind; kind == doBox || kind == callBox {
		return 1.12
	}
	return 1
}

func (a *art) labelWidth(i int) float64 {
	width := 0.0
	for _, label := range a.labels[i] {
		width = max(width, textWidth(label, labelSize))
	}
	return math.Ceil(width) + 14
}

// textWidth is about how wide a text is in a common font without serifs, rather more than less.
func textWidth(text string, size float64) float64 {
	sum := 0.0
	for _, r := range text {
		switch {
		case strings.ContainsRune("iljtfI.,:;'|!()[] ", r):
			sum += 0.34
		case strings.ContainsRune("mwMW@%…—", r):
			sum += 0.92
		case r >= 'A' && r <= 'Z':
			sum += 0.7
		case r > 0x2000:
			sum += 1.05
		default:
			sum += 0.58
		}
	}
	return sum * size
}

func px(v float64) string {
	text := fmt.Sprintf("%.1f", v)
	return strings.TrimSuffix(text, ".0")
}

// wrap breaks a label into at most two lines.
func wrap(text string, most int) []string {
	if len([]rune(text)) <= most+4 {
		return []string{text}
	}
	first, rest := "", strings.Fields(text)
	for len(rest) > 0 && len([]rune(first))+len([]rune(rest[0])) < most {
		first, rest = strings.TrimSpace(first+" "+rest[0]), rest[1:]
	}
	if first == "" || len(rest) == 0 {
		return []string{shorten(text, most)}
	}
	return []string{first, shorten(strings.Join(rest, " "), most)}
}

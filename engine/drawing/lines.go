package drawing

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// point is a place on the picture.
type point struct{ x, y float64 }

// lines draws the arrows, below everything else.
func (a *art) lines() {
	a.b.WriteString(`<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path class="tip" d="M0 1 10 5 0 9z"/></marker>` +
		`<marker id="telling" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path class="tip tells" d="M0 1 10 5 0 9z"/></marker></defs>` + "\n")
	if a.start >= 0 {
		c := &a.cells[a.start]
		y := a.boxTop(a.start)
		fmt.Fprintf(&a.b, `<circle class="begin" cx="%s" cy="%s" r="5"/><path class="line" marker-end="url(#tip)" d="M%s %sV%s"/>`+"\n", px(c.x), px(y-26), px(c.x), px(y-21), px(y-1))
	}
	for i := range a.strands {
		s := &a.strands[i]
		points := a.route(s)
		if s.turned {
			slices.Reverse(points)
		}
		a.line(s.arrow, curve(points), s.turned)
	}
	for i, arrow := range a.arrows {
		if arrow.from == arrow.to {
			c := &a.cells[arrow.from]
			x, y, h := c.x+c.width/2, a.boxTop(arrow.from), a.boxHeight(arrow.from)
			a.line(i, fmt.Sprintf("M%s %sC%s %s %s %s %s %s", px(x), px(y+h*0.3), px(x+loopReach), px(y), px(x+loopReach), px(y+h), px(x+1), px(y+h*0.7)), true)
		}
	}
}

func (a *art) line(arrow int, d string, back bool) {
	class, tip := "line", "tip"
	if back {
		class += " back"
	}
	if a.arrows[arrow].telling {
		class, tip = class+" tells", "telling"
	}
	fmt.Fprintf(&a.b, `<path class="%s" marker-end="url(#%s)" d="%s"/>`+"\n", class, tip, d)
}

func (a *art) boxTop(box int) float64 {
	layer := a.cells[box].layer
	return a.top[layer] + (a.height[layer]-a.boxHeight(box))/2
}

// route gives the points of a strand from above to below. It goes straight through the layers between, so that it touches no box beside it.
func (a *art) route(s *strand) []point {
	first, last := s.cells[0], s.cells[len(s.cells)-1]
	points := []point{{a.port(first, s, a.cells[first].down), a.boxTop(first) + a.boxHeight(first)}}
	for _, c := range s.cells[1 : len(s.cells)-1] {
		cell := &a.cells[c]
		points = append(points, point{cell.x, a.top[cell.layer]}, point{cell.x, a.top[cell.layer] + a.height[cell.layer]})
	}
	end := point{a.port(last, s, a.cells[last].up), a.boxTop(last)}
	if s.turned {
		points[0].y++
	} else {
		end.y--
	}
	return append(points, end)
}

// port is where on the edge of a box a strand sets out: strands share the edge in the order of their next cells.
func (a *art) port(box int, s *strand, neighbours []int) float64 {
	cell := &a.cells[box]
	next := s.cells[1]
	if box != s.cells[0] {
		next = s.cells[len(s.cells)-2]
	}
	sorted := slices.Clone(neighbours)
	slices.SortStableFunc(sorted, func(x, y int) int {
		switch {
		case a.cells[x].x < a.cells[y].x:
			return -1
		case a.cells[x].x > a.cells[y].x:
			return 1
		}
		return 0
	})
	room := cell.width * 0.62
	if kind := a.boxes[cell.box].kind; kind == chooseBox || kind == goodEnd || kind == badEnd {
		room = cell.width * 0.36
	}
	step := min(room/float64(max(len(sorted)-1, 1)), 34)
	at := slices.Index(sorted, next)
	return cell.x + (float64(at)-float64(len(sorted)-1)/2)*step
}

// curve leads through points, upright at each.
func curve(points []point) string {
	var b strings.Builder
	fmt.Fprintf(&b, "M%s %s", px(points[0].x), px(points[0].y))
	for i := 1; i < len(points); i++ {
		from, to := points[i-1], points[i]
		if px(from.x) == px(to.x) {
			fmt.Fprintf(&b, "V%s", px(to.y))
			continue
		}
		middle := (from.y + to.y) / 2
		fmt.Fprintf(&b, "C%s %s %s %s %s %s", px(from.x), px(middle), px(to.x), px(middle), px(to.x), px(to.y))
	}
	return b.String()
}

// words writes the labels, above everything else.
func (a *art) words() {
	for i := range a.strands {
		c := &a.cells[a.strands[i].label]
		a.label(a.strands[i].arrow, c.x, a.top[c.layer]+a.height[c.layer]/2)
	}
	for i, arrow := range a.arrows {
		if arrow.from == arrow.to {
			c := &a.cells[arrow.from]
			a.label(i, c.x+c.width/2+loopReach+a.labelWidth(i)/2, a.boxTop(arrow.from)+a.boxHeight(arrow.from)/2)
		}
	}
}

func (a *art) label(arrow int, x, y float64) {
	lines := a.labels[arrow]
	width, height := a.labelWidth(arrow), float64(labelLine*len(lines))+2
	class := "label"
	if a.arrows[arrow].telling {
		class += " tells"
	}
	fmt.Fprintf(&a.b, `<g class="%s"><rect x="%s" y="%s" width="%s" height="%s" rx="8"/>`, class, px(x-width/2), px(y-height/2), px(width), px(height))
	full := a.arrows[arrow].labels
	if len(strings.Join(full, " ")) != len(strings.Join(lines, " ")) {
		fmt.Fprintf(&a.b, "<title>%s</title>", html.EscapeString(strings.Join(full, "\n")))
	}
	for i, line := range lines {
		fmt.Fprintf(&a.b, `<text x="%s" y="%s">%s</text>`, px(x), px(y-height/2+13+float64(labelLine*i)), html.EscapeString(line))
	}
	a.b.WriteString("</g>\n")
}

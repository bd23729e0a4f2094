package drawing

import "slices"

// The layout is the layered one of Sugiyama, Tagawa and Toda (1981): arrows that lead back are turned for its time, nodes get layers, long arrows
// become chains, layers are put in an order with few crossings, and places follow. Labels are chain links of their own, so that nothing lies over them.

// cell is what lies in a layer: a box, or a link of an arrow's chain.
type cell struct {
	box, link  int // of boxes; of links in the arrow's chain. box is -1 for a link
	arrow      int // of arrows, for a link
	width      float64
	layer      int
	x          float64 // of the middle
	up, down   []int   // neighbours in the layers beside
	loop       float64 // room at the right for an arrow from the box to itself
	labelled   bool
	straighten bool // part of a chain
}

// strand is an arrow as a chain of cells from the upper end to the lower one.
type strand struct {
	arrow  int
	cells  []int // the first and the last are boxes
	turned bool  // the arrow leads upwards
	label  int   // the cell that carries the label
}

// layout is a picture with layers.
type layout struct {
	*Picture
	cells   []cell
	strands []strand
	layers  [][]int // of cells, from left to right. Boxes lie in even layers, labels in odd ones
}

// newLayout gives boxes and labels their layers and an order.
func newLayout(p *Picture, boxWidth func(int) float64, labelWidth func(int) float64) *layout {
	l := &layout{Picture: p}
	turned := p.turned()
	rank := p.ranks(turned)
	for i := range p.boxes {
		l.cells = append(l.cells, cell{box: i, arrow: -1, width: boxWidth(i), layer: 2 * rank[i]})
	}
	for i, a := range p.arrows {
		if a.from == a.to {
			l.cells[a.from].loop = labelWidth(i) + 2*loopReach
			continue
		}
		l.chain(i, turned[i], labelWidth(i))
	}
	l.order()
	return l
}

// chain lays the links of an arrow into the layers between its ends.
func (l *layout) chain(i int, turned bool, width float64) {
	upper, lower := l.arrows[i].from, l.arrows[i].to
	if turned {
		upper, lower = lower, upper
	}
	s := strand{arrow: i, turned: turned, cells: []int{upper}}
	first, last := l.cells[upper].layer+1, l.cells[lower].layer-1
	for layer := first; layer <= last; layer++ {
		c := cell{box: -1, link: layer - first, arrow: i, layer: layer, width: linkWidth, straighten: true}
		if layer == first && !turned || layer == last && turned {
			c.width, c.labelled = max(width, linkWidth), true
			s.label = len(l.cells)
		}
		s.cells = append(s.cells, len(l.cells))
		l.cells = append(l.cells, c)
	}
	s.cells = append(s.cells, lower)
	for at := 1; at < len(s.cells); at++ {
		above, below := s.cells[at-1], s.cells[at]
		l.cells[above].down = append(l.cells[above].down, below)
		l.cells[below].up = append(l.cells[below].up, above)
	}
	l.strands = append(l.strands, s)
}

// out gives the arrows that leave a box.
func (p *Picture) out(box int) []int {
	var list []int
	for i := range p.arrows {
		if p.arrows[i].from == box {
			list = append(list, i)
		}
	}
	return list
}

// roots are the boxes to begin at: the start, then whatever it does not reach.
func (p *Picture) roots() []int {
	var list []int
	if p.start >= 0 {
		list = append(list, p.start)
	}
	for i := range p.boxes {
		if i != p.start {
			list = append(list, i)
		}
	}
	return list
}

// turned tells which arrows lead back to where a walk from the start is coming from.
func (p *Picture) turned() []bool {
	const underWay, done = 1, 2
	turned := make([]bool, len(p.arrows))
	state := make([]int, len(p.boxes))
	var walk func(box int)
	walk = func(box int) {
		state[box] = underWay
		for _, i := range p.out(box) {
			switch to := p.arrows[i].to; state[to] {
			case underWay:
				turned[i] = true
			case 0:
				walk(to)
			}
		}
		state[box] = done
	}
	for _, root := range p.roots() {
		if state[root] == 0 {
			walk(root)
		}
	}
	return turned
}

// ranks gives every box a rank below all boxes that lead to it.
func (p *Picture) ranks(turned []bool) []int {
	rank := make([]int, len(p.boxes))
	for range p.boxes { // a longest path has fewer arrows than there are boxes
		changed := false
		for i, a := range p.arrows {
			from, to := a.from, a.to
			if turned[i] {
				from, to = to, from
			}
			if from != to && rank[to] < rank[from]+1 {
				rank[to], changed = rank[from]+1, true
			}
		}
		if !changed {
			break
		}
	}
	return rank
}

// order puts the cells of each layer in an order with few crossings: each as near as may be to the middle of its neighbours, from above and from below in turn.
func (l *layout) order() {
	deepest := 0
	for i := range l.cells {
		deepest = max(deepest, l.cells[i].layer)
	}
	l.layers = make([][]int, deepest+1)
	seen := make([]bool, len(l.cells))
	var lay func(c int)
	lay = func(c int) {
		if seen[c] {
			return
		}
		seen[c] = true
		l.layers[l.cells[c].layer] = append(l.layers[l.cells[c].layer], c)
		for _, next := range l.cells[c].down {
			lay(next)
		}
	}
	for _, root := range l.roots() {
		lay(root)
	}
	best, least := l.copied(), l.crossings()
	for sweep := range 40 {
		l.sweep(sweep%2 == 0)
		l.swap()
		if now := l.crossings(); now < least {
			best, least = l.copied(), now
		}
	}
	l.layers = best
}

func (l *layout) copied() [][]int {
	layers := make([][]int, len(l.layers))
	for i := range l.layers {
		layers[i] = slices.Clone(l.layers[i])
	}
	return layers
}

// places gives the place of each cell of a layer.
func (l *layout) places(layer int) map[int]int {
	at := make(map[int]int, len(l.layers[layer]))
	for i, c := range l.layers[layer] {
		at[c] = i
	}
	return at
}

// sweep sorts each layer by the middle of the neighbours in the layer before it.
func (l *layout) sweep(downwards bool) {
	for step := 1; step < len(l.layers); step++ {
		layer, before := step, step-1
		if !downwards {
			layer, before = len(l.layers)-1-step, len(l.layers)-step
		}
		at := l.places(before)
		middle := map[int]float64{}
		for i, c := range l.layers[layer] {
			neighbours := l.cells[c].up
			if !downwards {
				neighbours = l.cells[c].down
			}
			middle[c] = float64(i)
			if len(neighbours) > 0 {
				sum := 0
				for _, n := range neighbours {
					sum += at[n]
				}
				middle[c] = float64(sum) / float64(len(neighbours))
			}
		}
		slices.SortStableFunc(l.layers[layer], func(a, b int) int {
			switch {
			case middle[a] < middle[b]:
				return -1
			case middle[a] > middle[b]:
				return 1
			}
			return 0
		})
	}
}

// swap exchanges neighbours in a layer as long as that takes crossings away.
func (l *layout) swap() {
	for range 4 {
		better := false
		for layer := range l.layers {
			row := l.layers[layer]
			above, below := map[int]int{}, map[int]int{}
			if layer > 0 {
				above = l.places(layer - 1)
			}
			if layer+1 < len(l.layers) {
				below = l.places(layer + 1)
			}
			for i := 0; i+1 < len(row); i++ {
				a, b := &l.cells[row[i]], &l.cells[row[i+1]]
				now := pairs(a.up, b.up, above) + pairs(a.down, b.down, below)
				then := pairs(b.up, a.up, above) + pairs(b.down, a.down, below)
				if then < now {
					row[i], row[i+1] = row[i+1], row[i]
					better = true
				}
			}
		}
		if !better {
			return
		}
	}
}

// pairs counts the crossings between the lines of a cell and those of the cell at its right.
func pairs(left, right []int, at map[int]int) int {
	crossings := 0
	for _, a := range left {
		for _, b := range right {
			if at[a] > at[b] {
				crossings++
			}
		}
	}
	return crossings
}

func (l *layout) crossings() int {
	sum := 0
	for layer := 1; layer < len(l.layers); layer++ {
		at := l.places(layer - 1)
		row := l.layers[layer]
		for i := range row {
			for j := i + 1; j < len(row); j++ {
				sum += pairs(l.cells[row[i]].up, l.cells[row[j]].up, at)
			}
		}
	}
	return sum
}

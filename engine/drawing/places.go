package drawing

import (
	"math"
	"slices"
)

// Distances in CSS pixels.
const (
	linkWidth = 10
	between   = 26 // two boxes of a layer
	beside    = 14 // a link and its neighbour
	loopReach = 26
)

// place gives every cell of the layers its x: as near as may be to its neighbours, and never over another. The left edge of the picture is 0.
func (l *layout) place() (width float64) {
	for _, row := range l.layers {
		x := 0.0
		for i, c := range row {
			if i > 0 {
				x += l.distance(row[i-1], c)
			}
			l.cells[c].x = x
		}
	}
	for sweep := range 60 {
		for step := range l.layers {
			layer := step
			if sweep%2 == 1 {
				layer = len(l.layers) - 1 - step
			}
			l.settle(l.layers[layer], sweep)
		}
	}
	for range 6 {
		for i := range l.strands {
			l.straighten(l.strands[i].cells)
		}
	}
	left, right := l.cells[0].x, 0.0
	for i := range l.cells {
		left = min(left, l.cells[i].x-l.cells[i].width/2)
	}
	for i := range l.cells {
		c := &l.cells[i]
		c.x -= left
		right = max(right, c.x+c.width/2+c.loop)
	}
	return right
}

// straighten puts the links of a strand under each other, in runs as long as the neighbours leave room.
func (l *layout) straighten(chain []int) {
	links := chain[1 : len(chain)-1]
	for from := 0; from < len(links); {
		low, high := l.room(links[from])
		sum, to := l.cells[links[from]].x, from+1
		for ; to < len(links); to++ {
			least, most := l.room(links[to])
			if max(low, least) > min(high, most) {
				break
			}
			low, high = max(low, least), min(high, most)
			sum += l.cells[links[to]].x
		}
		x := min(max(sum/float64(to-from), low), high)
		for _, c := range links[from:to] {
			l.cells[c].x = x
		}
		from = to
	}
}

// room is between which x a cell can lie without touching its neighbours.
func (l *layout) room(c int) (low, high float64) {
	row := l.layers[l.cells[c].layer]
	at := slices.Index(row, c)
	low, high = math.Inf(-1), math.Inf(1)
	if at > 0 {
		low = l.cells[row[at-1]].x + l.distance(row[at-1], c)
	}
	if at+1 < len(row) {
		high = l.cells[row[at+1]].x - l.distance(c, row[at+1])
	}
	here := l.cells[c].x // rounding must not shut the cell out of its own place
	return min(low, here), max(high, here)
}

// distance is the least distance of the middles of two neighbours in a layer.
func (l *layout) distance(left, right int) float64 {
	a, b := &l.cells[left], &l.cells[right]
	gap := float64(between)
	if a.box < 0 || b.box < 0 {
		gap = beside
	}
	return a.width/2 + a.loop + gap + b.width/2
}

// settle moves the cells of a layer to where they would like to be, as far as their order and distances allow: the least sum of weighted squares.
// Without the distances that is isotonic regression, which pooling adjacent violators solves exactly.
func (l *layout) settle(row []int, sweep int) {
	type pool struct {
		sum, weight float64
		count       int
	}
	var pools []pool
	shift, shifts := 0.0, make([]float64, len(row))
	for i, c := range row {
		if i > 0 {
			shift += l.distance(row[i-1], c)
		}
		shifts[i] = shift
		wish, weight := l.wish(c, sweep)
		pools = append(pools, pool{weight * (wish - shift), weight, 1})
		for len(pools) > 1 {
			a, b := pools[len(pools)-2], pools[len(pools)-1]
			if a.sum/a.weight <= b.sum/b.weight {
				break
			}
			pools = append(pools[:len(pools)-2], pool{a.sum + b.sum, a.weight + b.weight, a.count + b.count})
		}
	}
	at := 0
	for _, p := range pools {
		for range p.count {
			l.cells[row[at]].x = p.sum/p.weight + shifts[at]
			at++
		}
	}
}

// wish is where a cell would like to be: at the middle of its neighbours, and links in line with links.
func (l *layout) wish(c int, sweep int) (x, weight float64) {
	me := &l.cells[c]
	sum, all := 0.0, 0.0
	add := func(neighbours []int, much float64) {
		for _, n := range neighbours {
			pull := much
			if me.straighten && l.cells[n].straighten {
				pull *= 8
			}
			sum += pull * l.cells[n].x
			all += pull
		}
	}
	before, after := me.up, me.down
	if sweep%2 == 1 {
		before, after = after, before
	}
	add(before, 1)
	if sweep >= 10 { // at first layers follow the one before, later both
		add(after, 1)
	}
	if all == 0 {
		return me.x, 0.01
	}
	return sum / all, all
}

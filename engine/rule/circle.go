package rule

import (
	"slices"

	"vigil/engine/graph"
)

// circles gives the strongly connected groups of nodes that can be gone round without end: of a node with a limit only `exhausted` lasts.
// Nodes that do not belong break a circle. Groups and their nodes come in the order of the file.
func (s *subject) circles(belongs func(*graph.Node) bool) [][]*graph.Node {
	next := make([][]int, len(s.flow.Nodes))
	for i, n := range s.flow.Nodes {
		if !belongs(n) || s.quiet[n.Name] {
			continue
		}
		for _, e := range s.exits[i] {
			if (n.Limit == 0 || e.outcome == "exhausted") && belongs(e.edge.To) {
				next[i] = append(next[i], e.to)
			}
		}
	}
	group := components(next)
	members := map[int][]*graph.Node{}
	var order []int
	for i, n := range s.flow.Nodes {
		if members[group[i]] == nil {
			order = append(order, group[i])
		}
		members[group[i]] = append(members[group[i]], n)
	}
	var list [][]*graph.Node
	for _, g := range order {
		if nodes := members[g]; len(nodes) > 1 || slices.Contains(next[s.index[nodes[0]]], s.index[nodes[0]]) {
			list = append(list, nodes)
		}
	}
	return list
}

// components numbers the strongly connected components of a graph (Tarjan).
func components(next [][]int) []int {
	const unseen = -1
	number, low, group := make([]int, len(next)), make([]int, len(next)), make([]int, len(next))
	for i := range number {
		number[i], group[i] = unseen, unseen
	}
	var stack []int
	count, groups := 0, 0
	var visit func(at int)
	visit = func(at int) {
		number[at], low[at] = count, count
		count++
		stack = append(stack, at)
		for _, to := range next[at] {
			switch {
			case number[to] == unseen:
				visit(to)
				low[at] = min(low[at], low[to])
			case group[to] == unseen:
				low[at] = min(low[at], number[to])
			}
		}
		if low[at] != number[at] {
			return
		}
		for {
			top := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			group[top] = groups
			if top == at {
				break
			}
		}
		groups++
	}
	for i := range next {
		if number[i] == unseen {
			visit(i)
		}
	}
	return group
}

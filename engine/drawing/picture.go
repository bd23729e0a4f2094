package drawing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vigil/engine/syntax"
)

// Picture is a flow as boxes and arrows. It has no places yet: each way of drawing finds its own.
type Picture struct {
	name, title string
	part        bool
	start       int // of boxes. -1: it is not there
	boxes       []box
	arrows      []arrow
}

// kind is how a box looks.
type kind string

const (
	formBox   kind = "form"
	doBox     kind = "do"
	chooseBox kind = "choose"
	callBox   kind = "call"
	goodEnd   kind = "good"  // success, or an outcome of a part
	badEnd    kind = "error" // error
)

// box is one node.
type box struct {
	kind kind
	name string
	say  string // what it does: the title of a form, a capability, a part, an outcome. Empty: nothing to add
	tip  string // more of it, to be shown on demand
}

// arrow joins all edges from one node to another.
type arrow struct {
	from, to int
	labels   []string // one for each edge, in the order of the file
	telling  bool     // one of the edges carries a message
}

// New makes the picture of a flow. Edges to nodes that are not there are left out.
func New(file *syntax.File) *Picture {
	p := &Picture{name: file.Flow.Value, title: inOneLine(file.Title.Value), part: file.Part, start: -1}
	at := map[string]int{}
	for i := range file.Nodes {
		n := &file.Nodes[i]
		at[n.Name.Value] = i
		p.boxes = append(p.boxes, boxOf(n))
		if n.Name.Value == file.Start.Value {
			p.start = i
		}
	}
	for i := range file.Nodes {
		n := &file.Nodes[i]
		for j := range n.Choose {
			label := "else"
			if when := n.Choose[j].When; when != nil && when.Scalar != nil {
				label = inOneLine(strings.TrimPrefix(when.Scalar.Value, "="))
			}
			p.join(i, at, label, &n.Choose[j].Edge)
		}
		for j := range n.Then {
			p.join(i, at, n.Then[j].Outcome.Value, &n.Then[j].Edge)
		}
	}
	return p
}

func (p *Picture) join(from int, at map[string]int, label string, edge *syntax.Edge) {
	to, there := at[edge.To.Value]
	if !there {
		return
	}
	known := slices.IndexFunc(p.arrows, func(a arrow) bool { return a.from == from && a.to == to })
	if known < 0 {
		known = len(p.arrows)
		p.arrows = append(p.arrows, arrow{from: from, to: to})
	}
	a := &p.arrows[known]
	a.labels = append(a.labels, label)
	a.telling = a.telling || edge.Message != nil
}

// opened names the part behind the link that a node makes. Empty: it makes none.
func opened(w *syntax.Work) string {
	for i := range w.With {
		if e := &w.With[i]; e.Key.Value == "opens" && e.Value.Scalar != nil {
			return ", opens " + e.Value.Scalar.Value
		}
	}
	return ""
}

func boxOf(n *syntax.Node) box {
	b := box{name: n.Name.Value}
	switch {
	case n.Form != nil:
		b.kind = formBox
		if n.Form.Title != nil {
			b.say = n.Form.Title.Value
		}
		b.tip = asks(n.Form)
	case n.Do != nil:
		b.kind, b.say = doBox, n.Do.Name.Value+opened(n.Do)
		b.tip = limited(n)
	case n.Call != nil:
		b.kind, b.say = callBox, n.Call.Name.Value
		b.tip = limited(n)
	case n.End != nil:
		b.kind, b.say = goodEnd, n.End.Name.Value
		if b.say == "error" {
			b.kind = badEnd
			for _, entry := range n.End.With {
				if entry.Key.Value == "code" && entry.Value.Scalar != nil {
					b.say = entry.Value.Scalar.Value
				}
			}
		}
	case n.Choose != nil:
		b.kind = chooseBox
	default: // it has mistakes
		b.kind, b.say = doBox, "?"
	}
	b.say = inOneLine(b.say)
	return b
}

// inOneLine makes one line of a text that was folded, or written as a block.
func inOneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func asks(form *syntax.Form) string {
	names := make([]string, len(form.Fields))
	for i := range form.Fields {
		names[i] = form.Fields[i].Name.Value
	}
	if len(names) == 0 {
		return ""
	}
	return "asks for " + strings.Join(names, ", ")
}

func limited(n *syntax.Node) string {
	if n.Limit == 0 {
		return ""
	}
	return "at most " + strconv.Itoa(n.Limit) + " times"
}

// shorten cuts a text to a number of characters.
func shorten(text string, most int) string {
	runes := []rune(inOneLine(text))
	if len(runes) <= most {
		return string(runes)
	}
	return strings.TrimRight(string(runes[:most-1]), " ,.:;") + "…"
}

// Text lists the nodes in the order of the file, each with its ways out: for terminals and for diffs.
func (p *Picture) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", p.name, p.title)
	for i := range p.boxes {
		box := &p.boxes[i]
		mark := " "
		if i == p.start {
			mark = ">"
		}
		verb := string(box.kind)
		if box.kind == goodEnd || box.kind == badEnd {
			verb = "end"
		}
		b.WriteString("\n" + strings.TrimRight(fmt.Sprintf("%s %s  %s %s", mark, box.name, verb, box.say), " ") + "\n")
		for _, a := range p.arrows {
			if a.from == i {
				fmt.Fprintf(&b, "    %s -> %s\n", strings.Join(a.labels, ", "), p.boxes[a.to].name)
			}
		}
	}
	return b.String()
}

// Mermaid writes a flowchart in the language of mermaid.js, which many code hosts draw inside Markdown.
func (p *Picture) Mermaid() string {
	shapes := map[kind][2]string{
		formBox: {"(", ")"}, doBox: {"[", "]"}, chooseBox: {"{", "}"}, callBox: {"[[", "]]"}, goodEnd: {"([", "])"}, badEnd: {"([", "])"},
	}
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	if p.start >= 0 {
		fmt.Fprintf(&b, "  begin((\" \")) --> n%d\n", p.start)
	}
	for i := range p.boxes {
		box := &p.boxes[i]
		text := "<b>" + mermaidText(box.name) + "</b>"
		if box.say != "" && box.say != box.name {
			text += "<br>" + mermaidText(shorten(box.say, 40))
		}
		shape := shapes[box.kind]
		fmt.Fprintf(&b, "  n%d%s\"%s\"%s:::%s\n", i, shape[0], text, shape[1], box.kind)
	}
	for _, a := range p.arrows {
		labels := make([]string, len(a.labels))
		for i := range a.labels {
			labels[i] = mermaidText(shorten(a.labels[i], 40))
		}
		fmt.Fprintf(&b, "  n%d -->|\"%s\"| n%d\n", a.from, strings.Join(labels, "<br>"), a.to)
	}
	b.WriteString("  classDef form fill:#e8f0fe,stroke:#3367d6,color:#111\n  classDef do fill:#f4f4f5,stroke:#71717a,color:#111\n" +
		"  classDef choose fill:#fff7e0,stroke:#b7791f,color:#111\n  classDef call fill:#f3e8ff,stroke:#7e3ff2,color:#111\n" +
		"  classDef good fill:#e6f6ec,stroke:#1a7f45,color:#111\n  classDef error fill:#fdeaea,stroke:#c0392b,color:#111\n")
	return b.String()
}

// mermaidText writes what the language would take for its own as entities.
func mermaidText(text string) string {
	return strings.NewReplacer("#", "#35;", "&", "#38;", `"`, "#34;", "<", "#60;", ">", "#62;", "`", "#96;", "|", "#124;", "{", "#123;", "}", "#125;", "[", "#91;", "]", "#93;").Replace(text)
}

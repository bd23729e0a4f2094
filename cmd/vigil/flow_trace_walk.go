package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/term"

	"vigil/engine"
	"vigil/engine/graph"
	machine "vigil/engine/run"
	"vigil/engine/trace"
)

// keptFlow compiles the flow of a recording from the sources that are kept with it.
func keptFlow(t traced) (*graph.Flow, error) {
	files, err := zip.NewReader(bytes.NewReader(t.sources), int64(len(t.sources)))
	if err != nil {
		return nil, fmt.Errorf("read the flow that is kept: %w", err)
	}
	name := t.events[0].Flow
	library, found := engine.Load(files, capabilities(), offerOf(t.config)...)
	if flow := library.Flow(name); flow != nil {
		return flow, nil
	}
	return nil, fmt.Errorf("flow %q as it is kept does not compile any more: %s, for example", name, found[0].Summary)
}

// stroll goes through a run page by page.
type stroll struct {
	*world
	traced

	flow  *graph.Flow
	stops []int // places in events at which the run waited, or ended
	seen  map[string]int
}

// walk reads where to go until there is no more to read. It begins at the first stop, or at the one of an event.
func (s *stroll) walk(number int) error {
	for i, e := range s.events {
		if e.Kind == trace.Shown || e.Kind == trace.Ended || i == len(s.events)-1 {
			s.stops = append(s.stops, i)
		}
	}
	at, err := s.stopOf(max(number, 1))
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, "Enter goes on, b goes back, a number goes to that event, q leaves.")
	from := 0
	if number > 0 {
		from = s.stops[at]
	}
	file, typed := s.in.(*os.File)
	typed = typed && term.IsTerminal(int(file.Fd()))
	prompt, lines := ">", bufio.NewScanner(s.in)
	if typed {
		prompt = "> "
	}
	for {
		if err := s.show(from, s.stops[at]); err != nil {
			return err
		}
		fmt.Fprint(s.out, prompt)
		if !lines.Scan() {
			fmt.Fprintln(s.out)
			return lines.Err()
		}
		if !typed {
			fmt.Fprintln(s.out) // nobody pressed Enter
		}
		switch word := strings.TrimSpace(lines.Text()); word {
		case "q":
			return nil
		case "":
			if at == len(s.stops)-1 {
				return nil
			}
			from, at = s.stops[at]+1, at+1
		case "b":
			at = max(at-1, 0)
			from = s.stops[at]
		default:
			to, err := s.goTo(word)
			if err != nil {
				fmt.Fprintf(s.out, "%v\n", err)
				to = at
			}
			at, from = to, s.stops[to]
		}
	}
}

func (s *stroll) goTo(word string) (int, error) {
	number, err := strconv.Atoi(word)
	if err != nil {
		return 0, fmt.Errorf("%q is neither b, nor q, nor the number of an event", word)
	}
	return s.stopOf(number)
}

// stopOf is where the run waited when an event had happened.
func (s *stroll) stopOf(number int) (int, error) {
	at := slices.IndexFunc(s.stops, func(i int) bool { return s.events[i].Number >= number })
	if at < 0 || number < 1 {
		return 0, fmt.Errorf("the events are 1 to %d", s.events[len(s.events)-1].Number)
	}
	return at, nil
}

// show writes events, and the page that stood there after the last of them.
func (s *stroll) show(from, to int) error {
	s.seen = map[string]int{}
	for i, e := range s.events[:to+1] {
		if i < from {
			e.Names(s.seen) // secrets are numbered from the beginning
			continue
		}
		fmt.Fprintln(s.out, shown(e))
		if e.Kind != trace.Shown {
			details(s.out, e, s.seen)
		}
	}
	effect, err := trace.Look(s.flow, s.events, s.events[to].Number, s.around)
	if err != nil {
		return err
	}
	page, waits := effect.(machine.Page)
	if !waits || s.events[to].Kind != trace.Shown {
		return nil
	}
	if page.Node != s.events[to].Node {
		return fmt.Errorf("the flow has changed since: there it shows %q now", page.Node)
	}
	s.page(page)
	return nil
}

// page draws a page as vigil flow run does.
func (s *stroll) page(page machine.Page) {
	fmt.Fprintf(s.out, "\n── %s ── %s\n", page.Title, page.Node)
	for _, words := range []string{page.Text, page.Notice, page.QR, page.Show} {
		if words != "" {
			fmt.Fprintln(s.out, words)
		}
	}
	if page.Message != "" {
		fmt.Fprintf(s.out, "! %s\n", page.Message)
	}
	for i := range page.Fields {
		f := &page.Fields[i]
		if f.Problem != "" {
			fmt.Fprintf(s.out, "! %s\n", f.Message)
		}
		fmt.Fprintln(s.out, strings.TrimSpace(f.Label+": "+printable(f.Value))) // strangers typed it
	}
	labels := make([]string, len(page.Buttons))
	for i, b := range page.Buttons {
		labels[i] = "[" + b.Label + "]"
	}
	fmt.Fprintln(s.out, strings.Join(labels, " "))
}

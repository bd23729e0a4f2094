package drawing_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/engine/drawing"
	"vigil/engine/syntax"
)

func picture(t *testing.T, name string, source []byte) (*drawing.Picture, *syntax.File) {
	t.Helper()
	file, found := syntax.Parse(name, source)
	if file == nil {
		t.Fatal(found)
	}
	return drawing.New(file), file
}

// flows gives the flows that ship, those of the compiler's tests, and a large one.
func flows(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"large.yaml": large(60)}
	for _, folder := range []string{"../../flows", "../testdata/flows"} {
		names, err := filepath.Glob(folder + "/*.yaml")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, ".test.yaml") {
				continue
			}
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all[filepath.Base(filepath.Dir(name))+"-"+filepath.Base(name)] = source
		}
	}
	return all
}

// large is a flow of many stations: each a page, a check and a choice, with ways back, ways out and a page that may be asked again.
func large(nodes int) []byte {
	var b strings.Builder
	b.WriteString("flow: large\ntitle: A flow of many stations\nstart: page0\nnodes:\n")
	stations := (nodes - 2) / 3
	for i := range stations {
		next := fmt.Sprintf("page%d", i+1)
		if i+1 == stations {
			next = "done"
		}
		fmt.Fprintf(&b, "  page%d: {form: {title: Station %d}, then: {continue: check%d, back: page%d, again: page%d, cancel: denied}}\n", i, i, i, max(i-2, 0), i)
		fmt.Fprintf(&b, "  check%d: {do: user.checkPassword, limit: 5, then: {success: which%d, failure: {to: page%d, message: No.}, exhausted: denied}}\n", i, i, i)
		fmt.Fprintf(&b, "  which%d: {choose: [{when: \"= request.country in ['NL', 'BE'] && request.browser.passkeys\", to: %s}, {to: page%d}]}\n", i, next, min(i+3, stations-1))
	}
	b.WriteString("  denied: {end: error, with: {code: access_denied}}\n  done: {end: success}\n")
	return []byte(b.String())
}

func TestAPictureNamesEveryNodeAndEveryOutcome(t *testing.T) {
	for name, source := range flows(t) {
		p, file := picture(t, name, source)
		drawn := map[string]string{"svg": p.SVG(), "mermaid": p.Mermaid(), "text": p.Text()}
		for format, text := range drawn {
			for i := range file.Nodes {
				n := &file.Nodes[i]
				if !strings.Contains(text, n.Name.Value) {
					t.Errorf("%s as %s: the node %q is not there", name, format, n.Name.Value)
				}
				for _, exit := range n.Then {
					if !strings.Contains(text, exit.Outcome.Value) {
						t.Errorf("%s as %s: the outcome %q of %q is not there", name, format, exit.Outcome.Value, n.Name.Value)
					}
				}
			}
		}
		if again, _ := picture(t, name, source); again.SVG() != drawn["svg"] {
			t.Errorf("%s: the same file gave two pictures", name)
		}
		wellFormed(t, name, drawn["svg"])
	}
}

func wellFormed(t *testing.T, name, svg string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		element, ok := token.(xml.StartElement)
		if ok && (element.Name.Local == "script" || element.Name.Local == "image") {
			t.Errorf("%s: the picture holds <%s>", name, element.Name.Local)
		}
	}
}

// frame is where something lies in a picture.
type frame struct {
	what                     string
	left, top, right, bottom float64
}

var (
	boxFrame   = regexp.MustCompile(`<g class="(?:do|call|form|good|error)"><title>([^<]*)</title><rect class="shape" x="([-0-9.]+)" y="([-0-9.]+)" width="([0-9.]+)" height="([0-9.]+)"`)
	labelFrame = regexp.MustCompile(`<g class="(label[a-z ]*)"><rect x="([-0-9.]+)" y="([-0-9.]+)" width="([0-9.]+)" height="([0-9.]+)"`)
	paperFrame = regexp.MustCompile(`<rect class="(paper)"( )?( )?width="([0-9.]+)" height="([0-9.]+)"`)
)

func frames(svg string, pattern *regexp.Regexp) []frame {
	var list []frame
	number := func(text string) float64 { v, _ := strconv.ParseFloat(text, 64); return v }
	for _, m := range pattern.FindAllStringSubmatch(svg, -1) {
		f := frame{what: m[1], left: number(m[2]), top: number(m[3])}
		f.right, f.bottom = f.left+number(m[4]), f.top+number(m[5])
		list = append(list, f)
	}
	return list
}

func TestNothingInAPictureLiesOverSomethingElse(t *testing.T) {
	for name, source := range flows(t) {
		p, file := picture(t, name, source)
		svg := p.SVG()
		boxes, labels, paper := frames(svg, boxFrame), frames(svg, labelFrame), frames(svg, paperFrame)
		chooses := 0
		for i := range file.Nodes {
			if file.Nodes[i].Choose != nil {
				chooses++
			}
		}
		if len(boxes) < len(file.Nodes)-chooses || len(labels) < len(file.Nodes)-1 || len(paper) != 1 {
			t.Fatalf("%s: %d boxes, %d labels of %d nodes", name, len(boxes), len(labels), len(file.Nodes))
		}
		all := append(boxes, labels...)
		for i, a := range all {
			if a.left < 0 || a.right > paper[0].right || a.bottom > paper[0].bottom {
				t.Errorf("%s: %v leaves the paper %v", name, a, paper[0])
			}
			for _, b := range all[i+1:] {
				if a.left < b.right-0.2 && b.left < a.right-0.2 && a.top < b.bottom-0.2 && b.top < a.bottom-0.2 {
					t.Errorf("%s: %v lies over %v", name, a, b)
				}
			}
		}
	}
}

func TestTheLargestFlowIsDrawnInAMoment(t *testing.T) {
	p, _ := picture(t, "large.yaml", large(200))
	began := time.Now()
	p.SVG()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestWordsOfAFlowStayWords(t *testing.T) {
	p, _ := picture(t, "x.yaml", []byte("flow: x\ntitle: '<script>alert(1)</script> & \"more\"'\nstart: a\nnodes:\n  a: {form: {title: '</text><b>\"|{}'}, then: {continue: b, again: a}}\n  b: {end: success}\n"))
	svg := p.SVG()
	wellFormed(t, "x.yaml", svg)
	if strings.Contains(svg, "<script") || strings.Contains(svg, "<b>") {
		t.Error(svg)
	}
	const want = `flowchart TD
  begin((" ")) --> n0
  n0("<b>a</b><br>#60;/text#62;#60;b#62;#34;#124;#123;#125;"):::form
  n1(["<b>b</b><br>success"]):::good
  n0 -->|"continue"| n1
  n0 -->|"again"| n0
`
	if got := p.Mermaid(); !strings.HasPrefix(got, want) {
		t.Error(got)
	}
}

func TestAFlowAsTextReadsLikeAList(t *testing.T) {
	p, _ := picture(t, "x.yaml", []byte("flow: x\ntitle: One\nstart: a\nnodes:\n  a: {form: {title: Hello}, then: {continue: b, cancel: c, late: c, gone: d}}\n  b: {end: success}\n  c: {end: error, with: {code: access_denied}}\n"))
	const want = `x: One

> a  form Hello
    continue -> b
    cancel, late -> c

  b  end success

  c  end access_denied
`
	if got := p.Text(); got != want {
		t.Error(got)
	}
}

func TestALinkTellsWhichPartItOpens(t *testing.T) {
	file, _ := syntax.Parse("f.yaml", []byte("flow: f\ntitle: T\nstart: a\nnodes:\n  a: {do: link.create, with: {opens: confirm}, then: {created: b}}\n  b: {end: success}\n"))
	picture := drawing.New(file)
	for name, text := range map[string]string{"text": picture.Text(), "mermaid": picture.Mermaid(), "svg": picture.SVG()} {
		if !strings.Contains(text, "link.create, opens confirm") {
			t.Errorf("%s does not: %s", name, text)
		}
	}
}

func TestWhatIsWrittenInSeveralLinesIsDrawnInOneAndANodeWithoutAVerbIsNoChoice(t *testing.T) {
	p, _ := picture(t, "x.yaml", []byte("flow: x\ntitle: >\n  One\n  and two "+strings.Repeat("and more ", 40)+"\nstart: a\nnodes:\n  a:\n    choose:\n      - when: |\n          = true &&\n            false\n        to: b\n      - {to: c}\n  b: {}\n  c:\n    form:\n      title: |\n        Good\n        day\n    then: {continue: b}\n"))
	text := p.Text()
	for _, line := range []string{"x: One and two and more", "    true && false -> b\n", "  b  do ?\n", "  c  form Good day\n"} {
		if !strings.Contains(text, line) {
			t.Errorf("no %q in\n%s", line, text)
		}
	}
	size := regexp.MustCompile(`viewBox="0 0 ([0-9.]+) `).FindStringSubmatch(p.SVG())
	if width, err := strconv.ParseFloat(size[1], 64); err != nil || width > 1400 {
		t.Errorf("the title makes the picture %s wide", size[1])
	}
}

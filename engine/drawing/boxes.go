package drawing

import (
	"fmt"
	"html"
)

// style gives the colours, for light and for dark readers.
const style = `<style>
svg{--paper:#fff;--ink:#1c1c22;--soft:#62626e;--line:#8b8b99;--form:#eef4ff;--formEdge:#3b6fd8;--do:#f5f5f7;--doEdge:#8b8b99;--choose:#fff6dd;--chooseEdge:#b9851a;--call:#f4ecff;--callEdge:#8250df;--good:#e6f7ec;--goodEdge:#1f8a4c;--error:#fdecec;--errorEdge:#cf3f35;--tells:#b5502b}
@media (prefers-color-scheme:dark){svg{--paper:#16161a;--ink:#ececf1;--soft:#a3a3b0;--line:#777786;--form:#1b2740;--formEdge:#6b9bff;--do:#24242b;--doEdge:#777786;--choose:#342a12;--chooseEdge:#e0b04a;--call:#2b2140;--callEdge:#b18cff;--good:#15301f;--goodEdge:#4cc27d;--error:#3a1c1c;--errorEdge:#f07a70;--tells:#ee9a76}}
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:var(--ink);text-anchor:middle}
.paper{fill:var(--paper)}.heading{font-size:18px;font-weight:600;text-anchor:start}.file{font-size:12px;fill:var(--soft);text-anchor:start}
.name{font-size:14px;font-weight:600}.say{font-size:12px;fill:var(--soft)}.do .say,.call .say{font-family:ui-monospace,"SF Mono",Menlo,"DejaVu Sans Mono",monospace;font-size:11px}
.shape{stroke-width:1.5}.form .shape{fill:var(--form);stroke:var(--formEdge)}.form .bar{fill:var(--formEdge)}.do .shape{fill:var(--do);stroke:var(--doEdge)}
.choose .shape{fill:var(--choose);stroke:var(--chooseEdge)}.call .shape{fill:var(--call);stroke:var(--callEdge)}.call .side{stroke:var(--callEdge);stroke-width:1.5}
.good .shape{fill:var(--good);stroke:var(--goodEdge);stroke-width:2}.error .shape{fill:var(--error);stroke:var(--errorEdge);stroke-width:2}
.line{fill:none;stroke:var(--line);stroke-width:1.5}.back{stroke-dasharray:5 4}.line.tells{stroke:var(--tells)}.tip{fill:var(--line)}.tip.tells{fill:var(--tells)}.begin{fill:var(--ink)}
.label rect{fill:var(--paper)}.label text{font-size:12px;fill:var(--soft)}.label.tells text{fill:var(--tells)}
</style>
`

// box draws one node.
func (a *art) box(i int) {
	b, c := &a.boxes[i], &a.cells[i]
	w, h := c.width, a.boxHeight(i)
	x, y := c.x-w/2, a.boxTop(i)
	tip := b.name
	if b.say != "" && b.say != b.name {
		tip += ": " + b.say
	}
	if b.tip != "" {
		tip += " (" + b.tip + ")"
	}
	fmt.Fprintf(&a.b, `<g class="%s"><title>%s</title>`, b.kind, html.EscapeString(tip))
	switch b.kind {
	case chooseBox:
		const slope = 26
		fmt.Fprintf(&a.b, `<path class="shape" stroke-linejoin="round" d="M%s %sL%s %sH%sL%s %sL%s %sH%sZ"/>`,
			px(x), px(y+h/2), px(x+slope), px(y), px(x+w-slope), px(x+w), px(y+h/2), px(x+w-slope), px(y+h), px(x+slope))
	case goodEnd, badEnd:
		a.rect(point{x, y}, w, h, h/2)
	case formBox: // a page: a window with its bar
		a.rect(point{x, y}, w, h, 9)
		fmt.Fprintf(&a.b, `<path class="bar" d="M%s %sv-%sa9 9 0 0 1 9-9h0v%sh0a9 9 0 0 1-9-9z"/>`, px(x), px(y+h-9), px(h-18), px(h))
		fmt.Fprintf(&a.b, `<path class="bar" d="M%s %sh7v%sh-7z"/>`, px(x+5), px(y), px(h))
	case callBox:
		a.rect(point{x, y}, w, h, 4)
		fmt.Fprintf(&a.b, `<path class="side" d="M%s %sv%sM%s %sv%s"/>`, px(x+9), px(y), px(h), px(x+w-9), px(y), px(h))
	default:
		a.rect(point{x, y}, w, h, 4)
	}
	middle := c.x
	if b.kind == formBox {
		middle += 6
	}
	if b.say == "" || b.say == b.name {
		fmt.Fprintf(&a.b, `<text class="name" x="%s" y="%s">%s</text></g>`+"\n", px(middle), px(y+h/2+5), html.EscapeString(b.name))
		return
	}
	fmt.Fprintf(&a.b, `<text class="name" x="%s" y="%s">%s</text><text class="say" x="%s" y="%s">%s</text></g>`+"\n",
		px(middle), px(y+h/2-4), html.EscapeString(b.name), px(middle), px(y+h/2+14), html.EscapeString(shorten(b.say, 40)))
}

func (a *art) rect(at point, w, h, radius float64) {
	fmt.Fprintf(&a.b, `<rect class="shape" x="%s" y="%s" width="%s" height="%s" rx="%s"/>`, px(at.x), px(at.y), px(w), px(h), px(radius))
}

package endtoend

import (
	"flag"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"vigil/internal/chromium"
)

// update writes the picture that the README shows.
var update = flag.Bool("update", false, "write docs/demo.png anew")

// readmePicture is the picture that the README shows: both applications side by side.
const readmePicture = "../../docs/demo.png"

// The size of one application in the README's picture, in CSS pixels.
const (
	pairWidth  = 720
	pairHeight = 974
)

// pictures of a test go to a folder for people to look at. Empty: none are taken.
type pictures struct {
	t      *testing.T
	folder string
}

func picturesOf(t *testing.T) pictures { return pictures{t, os.Getenv("VIGIL_PICTURES")} }

// take shows a page wide and narrow, light and dark, and takes its picture. Nothing may be wider than the window.
func (p pictures) take(tab *chromium.Tab, name string) {
	p.t.Helper()
	for kind, look := range map[string]chromium.Look{
		"wide-light": {}, "wide-dark": {Dark: true}, "narrow-light": {Width: 360, Height: 780}, "narrow-dark": {Width: 360, Height: 780, Dark: true},
	} {
		tab.Show(look)
		if over := chromium.Eval[int](tab, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
			p.t.Errorf("%s, %s: %d pixels wider than the window", name, kind, over)
		}
		if p.folder != "" {
			tab.Screenshot(filepath.Join(p.folder, name+"-"+kind+".png"))
		}
	}
	tab.Show(chromium.Look{})
}

// pair takes the README's picture, or holds the one that is there to its size.
func (p pictures) pair(left, right *chromium.Tab) {
	p.t.Helper()
	size := image.Rect(0, 0, 2*pairWidth, pairHeight)
	if !*update {
		if got := p.read(readmePicture).Bounds(); got != size {
			p.t.Errorf("%s is %v, want %v: run the test with -update", readmePicture, got, size)
		}
		return
	}
	both := image.NewRGBA(size)
	for i, tab := range []*chromium.Tab{left, right} {
		tab.Show(chromium.Look{Width: pairWidth, Height: pairHeight, Dark: i == 1})
		one := filepath.Join(p.t.TempDir(), "half.png")
		tab.Screenshot(one)
		draw.Draw(both, image.Rect(i*pairWidth, 0, (i+1)*pairWidth, pairHeight), p.read(one), image.Point{}, draw.Src)
		tab.Show(chromium.Look{})
	}
	if err := os.MkdirAll(filepath.Dir(readmePicture), 0o755); err != nil {
		p.t.Fatal(err)
	}
	file, err := os.Create(readmePicture)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(file, both); err != nil {
		p.t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		p.t.Fatal(err)
	}
}

func (p pictures) read(path string) image.Image {
	p.t.Helper()
	file, err := os.Open(path)
	if err != nil {
		p.t.Fatalf("%v: run the test with -update", err)
	}
	defer file.Close()
	picture, err := png.Decode(file)
	if err != nil {
		p.t.Fatalf("%s: %v", path, err)
	}
	return picture
}

package chromium

import (
	"context"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Look is how a page is shown.
type Look struct {
	// Width in CSS pixels. Zero: 1280.
	Width int64
	// Height in CSS pixels. Zero: 900.
	Height int64
	// Dark asks for the dark colour scheme.
	Dark bool
}

// Show sets the size and the colour scheme of the page.
func (tab *Tab) Show(look Look) {
	tab.t.Helper()
	if look.Width == 0 {
		look.Width = 1280
	}
	if look.Height == 0 {
		look.Height = 900
	}
	scheme := "light"
	if look.Dark {
		scheme = "dark"
	}
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}
	tab.do("show", chromedp.EmulateViewport(look.Width, look.Height), chromedp.Func(
		func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media)
			return err
		}))
}

// Screenshot writes the whole page as a PNG file and makes the folders it needs.
func (tab *Tab) Screenshot(path string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err == nil {
		err = os.WriteFile(path, png, 0o644)
	}
	if err != nil {
		tab.fail("screenshot %s: %v", path, err)
	}
}

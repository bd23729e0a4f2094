package templates_test

import (
	"strings"
	"testing"

	"vigil/templates"
)

func TestAPageDrawsAQRCodeAndShowsWhatIsToBeCopiedLineByLine(t *testing.T) {
	root := form(t, templates.FormPage{Title: "Scan", QR: "otpauth://totp/Vigil:ada?secret=JBSWY3DPEHPK3PXP&issuer=Vigil", Show: "1111-2222-3333\n<4444>"})
	picture := first(root, "svg", "role", "img")
	if picture == nil || attr(picture, "aria-label") == "" || len(attr(first(picture, "path"), "d")) < 1000 {
		t.Error("there is no QR code, or it has no words for who cannot see it")
	}
	if attr(picture, "style") != "" {
		t.Error("the policy of the page forbids styles")
	}
	var lines []string
	for _, code := range all(root, "code") {
		lines = append(lines, text(code))
	}
	if strings.Join(lines, "|") != "1111-2222-3333|<4444>" {
		t.Errorf("it shows %q", lines)
	}
	if plain := form(t, templates.FormPage{Title: "Plain"}); len(all(plain, "svg")) > 0 || len(all(plain, "code")) > 0 {
		t.Error("a page without them draws or shows something")
	}
	if long := form(t, templates.FormPage{Title: "Long", QR: strings.Repeat("x", 5000)}); len(all(long, "svg")) > 0 {
		t.Error("what is too long for a QR code is drawn")
	}
}

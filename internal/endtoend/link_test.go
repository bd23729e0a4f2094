package endtoend

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"vigil/internal/chromium"
	"vigil/internal/fixture"
)

var linkInLetter = regexp.MustCompile(`http\S+/link\?id=[A-Za-z0-9_-]+`)

func TestAMailedLinkOpenedElsewhereSignsOnThePageThatWaits(t *testing.T) {
	chromium.CheckTypes(t, "../../static/page/wait.js")
	server, shots := fixture.NewMailServer(t, nil), picturesOf(t)
	w := house{
		host: providerHost, flow: "sign-on-link",
		environment: []string{fmt.Sprintf("mail: {server: %q, tls: none, from: Vigil <no-reply@example.com>}", server.Address)},
	}.open(t, chromium.Start(t))
	desk, phone := w.browser.Open(""), chromium.Start(t).Open("")
	w.begin(desk, providerHost, false)
	shots.take(desk, "link-who")
	desk.Type("input[name=email]", "ada@example.com")
	desk.Click("button[value=send]")
	headed(desk, "Look at your e-mail")
	shots.take(desk, "link-wait")

	got := letter(t, server, 1)
	// A quoted-printable letter breaks long lines.
	link := linkInLetter.FindString(strings.ReplaceAll(strings.ReplaceAll(got.Data, "=\n", ""), "=3D", "="))
	if link == "" {
		t.Fatalf("no link in %s", got.Data)
	}
	phone.Go(link)
	headed(phone, "Is this you?")
	shots.take(phone, "link-ask")
	time.Sleep(3 * time.Second) // long enough for the page to look: nobody has pressed
	headed(desk, "Look at your e-mail")
	phone.Click("button[value=signOn]")
	headed(phone, "Thank you")
	shots.take(phone, "link-done")

	claims := w.told(desk) // nobody touched it
	if methods(claims) != "email" || claims["preferred_username"] != "ada" {
		t.Errorf("the application is told %v", claims)
	}
	quiet(t, desk)
	quiet(t, phone)
	phone.Go(link)
	headed(phone, "This link no longer works")
}

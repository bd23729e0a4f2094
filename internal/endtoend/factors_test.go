package endtoend

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"vigil/internal/chromium"
	"vigil/internal/fixture"
)

// signOnBy types name and password.
func (w *world) signOnBy(tab *chromium.Tab, user string) {
	w.t.Helper()
	w.begin(tab, providerHost, true)
	tab.Type("input[name=username]", user)
	tab.Type("input[name=password]", passwordOf(user))
	tab.Click("button[value=signOn]")
}

// enter types a code and goes on.
func enter(tab *chromium.Tab, code string) {
	tab.Type("input[name=digits]", code)
	tab.Click("button[value=check]")
}

// phone is the code that a real authenticator app shows at a time.
func (w *world) phone(key string, at time.Time) string {
	w.t.Helper()
	code, err := totp.GenerateCode(strings.ReplaceAll(key, " ", ""), at)
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

const lines = "[...document.querySelectorAll('.lines code')].map(c => c.textContent).join('|')"

func TestTheFirstSignOnRegistersAnAppTheNextAsksForItAndARecoveryCodeStandsInOnce(t *testing.T) {
	shots := picturesOf(t)
	w := house{host: providerHost, flow: "sign-on-two-factor"}.open(t, chromium.Start(t))
	tab := w.browser.Open("")
	w.signOnBy(tab, "ada")
	headed(tab, "Set up your authenticator app")
	shots.take(tab, "app-scan")
	key := chromium.Eval[string](tab, lines)
	drawn := "document.querySelector('svg.qr path').getAttribute('d')"
	picture := chromium.Eval[string](tab, drawn)
	enter(tab, "12345")
	headed(tab, "Set up your authenticator app")
	tab.Wait("document.querySelector('[aria-invalid=true]')")
	shots.take(tab, "app-wrong")
	tab.Reload()
	if chromium.Eval[string](tab, lines) != key || chromium.Eval[string](tab, drawn) != picture {
		t.Error("after a wrong code another secret is shown")
	}
	now := time.Now()
	enter(tab, w.phone(key, now))
	headed(tab, "Keep these recovery codes")
	shots.take(tab, "app-codes")
	codes := strings.Split(chromium.Eval[string](tab, lines), "|")
	if len(codes) != 10 {
		t.Fatalf("shown are %v", codes)
	}
	tab.Click("button[value=kept]")
	claims := w.told(tab)
	if methods(claims) != "otp pwd" || claims["acr"] != "mfa" {
		t.Errorf("amr %q, acr %v", methods(claims), claims["acr"])
	}
	w.signOff(tab, providerHost, claims)

	w.signOnBy(tab, "ada")
	headed(tab, "One more step")
	shots.take(tab, "second-factor")
	enter(tab, w.phone(key, now)) // used up
	tab.Wait("document.querySelector('[aria-invalid=true]')")
	enter(tab, w.phone(key, now.Add(30*time.Second)))
	claims = w.told(tab)
	w.signOff(tab, providerHost, claims)

	for i, code := range []string{codes[4], codes[5]} {
		w.signOnBy(tab, "ada")
		tab.Click("button[value=recover]")
		headed(tab, "Use a recovery code")
		if i == 0 {
			shots.take(tab, "recovery")
		} else {
			enter(tab, codes[4]) // used up
			tab.Wait("document.querySelector('[aria-invalid=true]')")
		}
		enter(tab, code)
		claims = w.told(tab)
		if got := methods(claims); got != "otp pwd" {
			t.Errorf("amr is %q", got)
		}
		w.signOff(tab, providerHost, claims)
	}
	quiet(t, tab)
}

var digits = regexp.MustCompile(`\b[0-9]{6}\b`)

// letter waits for the last of n letters.
func letter(t *testing.T, server *fixture.MailServer, n int) fixture.Mail {
	t.Helper()
	fixture.Until(t, fmt.Sprintf("%d letters arrived", n), func() bool { return len(server.Letters()) >= n })
	return server.Letters()[n-1]
}

func TestACodeFromARealMailServerSignsOnAndNobodysNameGetsNone(t *testing.T) {
	shots := picturesOf(t)
	server := fixture.NewMailServer(t, nil)
	w := house{
		host: providerHost, flow: "sign-on-email",
		environment: []string{fmt.Sprintf("mail: {server: %q, tls: none, from: Vigil <no-reply@example.com>}", server.Address)},
	}.open(t, chromium.Start(t))
	tab := w.browser.Open("")
	w.begin(tab, providerHost, false)
	shots.take(tab, "email-who")
	tab.Type("input[name=username]", "nobody@example.com")
	tab.Click("button[value=send]")
	headed(tab, "Look at your e-mail")
	strangers := tab.Text("main")
	tab.Click("button[value=other]")
	headed(tab, "Sign on")
	tab.Do("document.querySelector('input[name=username]').value = ''")
	tab.Type("input[name=username]", "ada@example.com")
	tab.Click("button[value=send]")
	headed(tab, "Look at your e-mail")
	shots.take(tab, "email-code")
	if members := tab.Text("main"); members != strangers {
		t.Errorf("somebody's page says %q, nobody's %q", members, strangers)
	}
	got := letter(t, server, 1)
	if got.To != "ada@example.com" {
		t.Fatalf("the letter went to %q", got.To)
	}
	enter(tab, digits.FindString(got.Data))
	claims := w.told(tab)
	if methods(claims) != "email" || claims["preferred_username"] != "ada" {
		t.Errorf("the token says %v", claims)
	}
	if n := len(server.Letters()); n != 1 {
		t.Errorf("%d letters went out", n)
	}
	quiet(t, tab)
}

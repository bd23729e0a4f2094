package flowhost_test

import (
	"net/http"
	"strings"
	"testing"
)

const french = `greeting.ask.title: Bonjour de {{ settings.brand }}
greeting.ask.word.label: Nom
greeting.ask.go.label: Continuer
greeting.long.2.message: Encore une fois.
pages.questionTitleFrom: Quitter {{ application }} ?
pages.questionTitle: Quitter ?
pages.said.nothingText: Rien ici.
`

// Pages around flows speak the languages of the flows' texts: by what the application asks for, then by what the browser likes.
func TestThePagesAroundFlowsSpeakTheLanguagesOfTheFlows(t *testing.T) {
	one := strings.Replace(households, "data: data\n", "data: data\nflows: flows\n", 1)
	one = strings.Replace(one, "defaultFlow: sign-on-link", "defaultFlow: greeting\n  settings: {brand: Home, patience: {type: duration, value: 4m}, friends: [Ada]}", 1)
	h := openWith(t, one, map[string]string{
		"flows/greeting.yaml": greeting, "flows/locales/de.yaml": german, "flows/locales/fr.yaml": french, "flows/locales/ar.yaml": "greeting.ask.title: مرحبا {{ settings.brand }}\n",
	})
	for _, c := range []struct{ path, likes, says, lang string }{
		{"/as/device", "", "Sign on for a device", `<html lang="en">`},
		{"/as/device", "de-CH, en;q=0.5", "Ein Gerät anmelden", `<html lang="de">`},
		{"/as/device", "ar", "Sign on for a device", `<html lang="ar" dir="rtl">`},
		{"/as/device", "nl", "Sign on for a device", `<html lang="en">`},
		{"/as/signoff?ui_locales=de", "fr", "Sie sind abgemeldet", `<html lang="de">`},
		{"/as/signoff?ui_locales=de&ui_locales=fr", "fr", "You are signed off", `<html lang="fr">`},
		{"/as/authorize?client_id=nobody", "de", "Die Anwendung hat eine Anfrage gesendet", `<html lang="de">`},
		{"/as/authorize?client_id=nobody&ui_locales=de", "fr", "Die Anwendung hat eine Anfrage gesendet", `<html lang="de">`},
		{"/nowhere", "fr", "Rien ici.", `<html lang="fr">`},
		{"/nowhere", "de", "Unter dieser Adresse ist nichts.", `<html lang="de">`},
		{"/signon/?flowId=none", "de", "Diese Anmeldung ist vorbei", `<html lang="de">`},
		{"/link?id=none", "de", "Dieser Link gilt nicht mehr", `<html lang="de">`},
	} {
		b := h.browser()
		b.likes = c.likes
		b.visit(http.MethodGet, c.path, nil)
		if !strings.Contains(b.body, c.says) || !strings.Contains(b.body, c.lang) {
			t.Errorf("%s of a browser that likes %q:\n%s", c.path, c.likes, b.body)
		}
	}
	b := h.browser()
	b.visit(http.MethodGet, "/as/.well-known/openid-configuration", nil).shows(`"ui_locales_supported":["en","ar","de","fr"]`)
}

func TestTheShippedFlowsSpeakGermanToWhoeverLikesIt(t *testing.T) {
	h := openWith(t, strings.Replace(households, "defaultFlow: sign-on-link", "defaultFlow: demo", 1), nil)
	for _, c := range []struct{ likes, asks, says, lang string }{
		{"", "", "Welcome to Vigil", `<html lang="en">`},
		{"en-GB, en;q=0.9, de;q=0.5", "", "Welcome to Vigil", `<html lang="en">`},
		{"nl", "", "Welcome to Vigil", `<html lang="en">`},
		{"de-CH, de;q=0.9, en;q=0.5", "", "Willkommen bei Vigil", `<html lang="de">`},
		{"en", "&ui_locales=de", "Willkommen bei Vigil", `<html lang="de">`},
	} {
		b := h.browser()
		b.likes = c.likes
		b.visit(http.MethodGet, authorize+c.asks, nil).shows(c.says)
		b.shows(c.lang)
	}
	b := h.browser()
	b.likes = "de"
	b.visit(http.MethodGet, authorize, nil)
	b.press("signOn", "username", "ada", "password", "wrong").shows("Das war es nicht. Benutzername und Passwort stehen im Terminal.")
	b.press("signOn", "username", "ada").shows("Bitte füllen Sie das aus.")
	b.visit(http.MethodGet, "/as/.well-known/openid-configuration", nil).shows(`"ui_locales_supported":["en","de"]`)
}

package templates

import "strings"

// german are the words in German, by the names that Texts has.
var german = map[string]string{
	"continue": "Weiter", "optional": "freiwillig", "repeat": "{{ field }}, noch einmal", "choose": "Bitte wählen", "toApplication": "weiter zu {{ application }}",
	"errorPrefix": "Fehler:", "errorTitle": "Das hat nicht geklappt", "errorText": "Unterwegs ging etwas schief. Es wurde nichts geändert.", "reference": "Zeichen",

	"signedOffTitle": "Sie sind abgemeldet", "signedOffText": "Ihre Sitzung ist in allen Anwendungen beendet, die sie genutzt haben. Sie können dieses Fenster schließen.",
	"signedOffFrom":       "Sie haben sich bei {{ application }} abgemeldet. Ihre Sitzung ist in allen Anwendungen beendet, die sie genutzt haben.",
	"signedOffIncomplete": "Mindestens eine Anwendung hat es nicht rechtzeitig erfahren. Schließen Sie den Browser, wenn andere dieses Gerät auch nutzen.",

	"questionTitle": "Abmelden?", "questionTitleFrom": "Von {{ application }} abmelden?", "questionText": "Das beendet Ihre Sitzung in allen Anwendungen, die sie nutzen.",
	"questionUser": "Angemeldet als", "questionYes": "Abmelden", "questionStay": "Angemeldet bleiben",

	"consentTitle": "Sind Sie einverstanden?", "consentTitleFor": "Darf {{ application }} das von Ihnen erfahren?", "consentText": "Die Anwendung bittet um:",
	"consentIdentity": "Wer Sie hier sind", "consentYes": "Einverstanden", "consentNo": "Ablehnen",
	"consentHome": "Über die Anwendung", "consentPolicy": "Datenschutzerklärung", "consentTerms": "Nutzungsbedingungen",
	"scopes.profile": "Ihren Namen", "scopes.email": "Ihre E-Mail-Adresse", "scopes.phone": "Ihre Telefonnummer", "scopes.address": "Ihre Anschrift",
	"scopes.offline_access": "All das auch, während Sie fort sind",

	"formPostTitle": "Einen Augenblick", "formPostTitleTo": "Weiter zu {{ application }}", "formPostText": "Wenn nichts geschieht, drücken Sie den Knopf.",

	"finishedTitle": "Diese Anmeldung ist abgeschlossen", "finishedText": "Sie kam zu ihrem Ende, vielleicht in einem anderen Tab. Hier ist nichts mehr zu tun.",
	"expiredTitle":      "Diese Anmeldung ist vorbei",
	"expiredText":       "Sie ist schon zu Ende, Sie haben sich inzwischen abgemeldet, oder sie hat zu lange gewartet. Gehen Sie zurück zur Anwendung und beginnen Sie neu.",
	"otherBrowserTitle": "Diese Anmeldung begann anderswo",
	"otherBrowserText":  "Sie gehört zu einem anderen Browser, oder dieser hat ihre Cookies nicht mehr. Gehen Sie zurück zur Anwendung und beginnen Sie hier neu.",
	"qrLabel":           "Ein Code für die Kamera Ihres Telefons",

	"deadLinkTitle": "Dieser Link gilt nicht mehr",
	"deadLinkText":  "Er wurde schon benutzt, kam zu spät, oder die Anmeldung dazu ist vorbei. Beginnen Sie dort neu, wo Sie sich anmelden wollten.",
	"approvedTitle": "Danke", "approvedText": "Gehen Sie dorthin zurück, wo Sie begonnen haben: Jene Seite geht von selbst weiter. Diese können Sie schließen.",
	"refusedTitle": "Das wurde abgelehnt", "refusedText": "Über diesen Link wurde niemand angemeldet. Sie können diese Seite schließen.",
	"waiting": "Bitte warten …", "or": "oder",

	"passkeyRefused": "Das hat nicht geklappt oder wurde abgebrochen. Versuchen Sie es noch einmal oder nehmen Sie einen anderen Weg.",
	"passkeyKnown":   "Auf diesem Gerät gibt es schon einen Passkey von Ihnen.",
	"passkeyUnable":  "Passkeys gehen in diesem Browser oder an dieser Adresse nicht.",
	"effortDone":     "Geprüft.",
	"effortUnable":   "Diese Seite braucht Skripte, um Sie von einem Programm zu unterscheiden. Lassen Sie sie in Ihrem Browser zu und laden Sie die Seite neu.",
	"providerDown":   "Dieser Weg ist gerade nicht offen. Versuchen Sie es gleich noch einmal oder nehmen Sie einen anderen.",

	"deviceTitle": "Ein Gerät anmelden", "deviceText": "Geben Sie den Code ein, den Ihr Gerät zeigt. Machen Sie nur weiter, wenn Sie das dort selbst begonnen haben.", "deviceCode": "Code",
	"deviceWrong":    "Dieser Code stimmt nicht. Sehen Sie noch einmal nach, oder beginnen Sie am Gerät neu.",
	"deviceBraked":   "Von hier kamen zu viele falsche Codes. Warten Sie eine Weile und versuchen Sie es dann noch einmal.",
	"deviceQuestion": "Ist das Ihr Gerät?",
	"deviceAsks": "{{ application }} will sich in Ihrem Namen, {{ user }}, auf dem Gerät anmelden, das {{ code }} zeigt.\n" +
		"Wer Sie hierher geschickt hat, könnte Ihren Namen benutzen wollen.",
	"deviceYes": "Ja, anmelden", "deviceNo": "Nein",

	"said.busy": "Gerade viel zu tun", "said.busyText": "Versuchen Sie es gleich noch einmal. Es ging nichts verloren.",
	"said.nothing": "Hier ist nichts", "said.nothingText": "Unter dieser Adresse ist nichts.",
	"said.notThisWay": "So geht es nicht", "said.notThisWayText": "Diese Adresse nimmt solche Anfragen nicht an.",
	"said.wrong": "Etwas ging schief", "said.wrongText": "Es wurde hier vermerkt. Versuchen Sie es noch einmal.",
	"said.unreadable": "Diese Antwort war nicht zu lesen", "said.unreadableText": "Das gesendete Formular ist zu groß oder beschädigt.",
	"said.elsewhere": "Diese Antwort kam von anderswo", "said.elsewhereText": "Antworten werden nur von Seiten dieser Adresse angenommen.",
	"said.request": "Diese Anfrage war nicht zu lesen", "said.requestText": "Die Anfrage der Anwendung ist zu groß oder beschädigt.",
	"said.refused":       "Die Anwendung hat eine Anfrage gesendet, die nicht zu beantworten ist",
	"said.refusedAdvice": "Gehen Sie zurück zur Anwendung und versuchen Sie es noch einmal. Geschieht es wieder, sagen Sie es denen, die sie betreiben.",
	"said.stale":         "Diese Anmeldung ist veraltet", "said.staleText": "Sie hat zu lange gewartet oder wurde zweimal geöffnet.",
	"said.staleAdvice":      "Gehen Sie zurück zur Anwendung und beginnen Sie neu.",
	"said.twoCookies":       "Dieser Browser hat zwei Sitzungs-Cookies",
	"said.twoCookiesText":   "Mit der Anfrage kamen zwei verschiedene Sitzungszeichen. Eines davon hat eine andere Seite dieser Domain gesetzt; darum gilt keines.",
	"said.twoCookiesAdvice": "Löschen Sie die Cookies dieser Adresse und beginnen Sie neu.",
	"said.staleSignOff":     "Diese Abmeldung ist veraltet", "said.staleSignOffText": "Sie hat zu lange gewartet oder wurde zweimal geöffnet. Es wurde nichts geändert.",
	"said.stay": "Sie sind noch angemeldet", "said.stayText": "Es wurde nichts geändert. Sie können diese Seite schließen.",
	"said.signOff": "Diese Abmeldung ist nicht zu beantworten", "said.signOffAdvice": "Gehen Sie zurück zur Anwendung und melden Sie sich dort noch einmal ab.",
	"said.signOffHere": "Weiter, um sich hier abzumelden, oder gehen Sie zurück zur Anwendung und melden Sie sich dort noch einmal ab.",
	"said.deviceIn":    "Ihr Gerät ist angemeldet", "said.deviceInText": "Gehen Sie zu ihm zurück. Sie können diese Seite schließen.",
	"said.deviceNot": "Das Gerät wurde nicht zugelassen", "said.deviceNotText": "Es hat nichts bekommen. Sie können diese Seite schließen.",
	"said.deviceAgainText": "Es hat nichts bekommen. Geben Sie den Code noch einmal ein, um es wieder zu versuchen.",
	"said.deviceOver":      "Dieses Gerät wartet nicht mehr", "said.deviceOverText": "Sein Code wurde benutzt, abgelehnt, oder es dauerte zu lange. Beginnen Sie am Gerät neu.",
	"said.deviceNobody": "Sie sind nicht angemeldet", "said.deviceNobodyText": "Das Gerät wurde nicht zugelassen. Geben Sie den Code noch einmal ein, um es wieder zu versuchen.",
	"said.tooMany": "Gerade melden sich zu viele an", "said.tooManyText": "Warten Sie eine Minute und geben Sie den Code noch einmal ein.",
}

// Spoken are the languages beside English in which the pages have words of ours, by their first subtags.
func Spoken() []string { return []string{"de"} }

// InLanguage gives the words of a language: ours if there are any, with what somebody else says by the names of Texts in their place.
func InLanguage(tag string, texts map[string]string) *Words {
	w := English()
	if language, _, _ := strings.Cut(tag, "-"); language == "de" {
		w = w.In(german)
	}
	return w.In(texts)
}

package endtoend

import (
	"testing"

	"vigil/internal/chromium"
	"vigil/internal/fixture"
)

const arabic = `pages.signedOffTitle: تم تسجيل خروجك
pages.signedOffText: انتهت جلستك في كل التطبيقات التي استخدمتها. يمكنك إغلاق هذه النافذة.
pages.deviceTitle: تسجيل الدخول لجهاز
pages.deviceText: أدخل الرمز الذي يعرضه جهازك.
pages.deviceCode: الرمز
pages.deviceWrong: هذا الرمز غير صحيح.
pages.continue: متابعة
`

func TestOurPagesSpeakOtherLanguagesAndAreLaidOutFromRightToLeft(t *testing.T) {
	browser := chromium.Start(t)
	w := house{host: providerHost, flow: "sign-on", flows: map[string]string{
		"sign-on.yaml": fixture.SignOn("idleTimeout: 30m"), "locales/de.yaml": "pages.deviceNo: Nein\n", "locales/ar.yaml": arabic,
	}}.open(t, browser)
	tab, shots := browser.Open(""), picturesOf(t)

	tab.Go(w.origin(providerHost) + "/as/device?ui_locales=ar")
	if got := chromium.Eval[string](tab, "document.dir + ' ' + document.documentElement.lang + ' ' + getComputedStyle(document.querySelector('h1')).direction"); got != "rtl ar rtl" {
		t.Errorf("the page goes %q", got)
	}
	shots.take(tab, "device-arabic")
	tab.Go(w.origin(providerHost) + "/as/signoff?ui_locales=ar")
	shots.take(tab, "signed-off-arabic")
	tab.Go(w.origin(providerHost) + "/as/device?ui_locales=de")
	shots.take(tab, "device-german")

	w.begin(tab, providerHost, false)
	tab.Type("[name=username]", "ada")
	tab.Type("[name=password]", passwordOf("ada"))
	tab.Click("[value=signOn]")
	w.told(tab)
	tab.Go(w.origin(providerHost) + "/as/signoff?ui_locales=de")
	if got := tab.Text("h1"); got != "Abmelden?" {
		t.Errorf("asked is %q", got)
	}
	shots.take(tab, "question-german")
	tab.Click("[value=signOff]")
	tab.Wait("document.querySelector('h1')?.textContent === 'Sie sind abgemeldet'")
	if got := chromium.Eval[string](tab, "document.documentElement.lang + document.dir"); got != "de" {
		t.Errorf("%q", got)
	}
}

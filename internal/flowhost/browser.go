package flowhost

import (
	"net/http"
	"strings"

	"golang.org/x/text/language"

	"vigil/engine/connector"
)

// languageOf is the language that the browser likes best, such as "de". Empty: it does not say.
func languageOf(r *http.Request) string {
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return ""
	}
	base, _ := tags[0].Base()
	return base.String()
}

// browserOf reads what the browser says of itself in the low-entropy client hints, else in its User-Agent.
func browserOf(r *http.Request) connector.Browser {
	b := connector.Browser{Platform: strings.Trim(r.Header.Get("Sec-CH-UA-Platform"), `"`)}
	agent := r.UserAgent()
	for _, name := range []string{"Firefox", "Edg", "OPR", "Chrome", "Version"} {
		_, after, found := strings.Cut(agent, name+"/")
		if !found {
			continue
		}
		b.Name, b.Version = name, after[:versionEnd(after)]
		break
	}
	switch b.Name {
	case "Edg":
		b.Name = "Edge"
	case "OPR":
		b.Name = "Opera"
	case "Version":
		b.Name = "Safari"
	}
	return b
}

func versionEnd(s string) int {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return len(s)
}

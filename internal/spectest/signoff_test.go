package spectest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"time"
)

func (w *world) signOff(words []string) []string { return w.signOffAt("/as/signoff", words) }

func (w *world) signOffAt(path string, words []string) []string {
	q, headers, byPost := url.Values{}, []string{}, false
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "hint":
			app, browser, other := strings.Cut(value, "@")
			holder := w.current
			if other {
				holder = w.browsers[browser]
			}
			q.Set("id_token_hint", holder.idTokens[app])
		case "to":
			q.Set("post_logout_redirect_uri", value)
		case "json":
			headers = append(headers, "Accept", "application/json")
		case "post":
			byPost = true
		case "prefetch":
			headers = append(headers, "Sec-Purpose", "prefetch")
		default:
			q.Set(name, value)
		}
	}
	began := time.Now()
	if byPost {
		response, page := w.post("https://"+issuerHost+path, q, headers...)
		return w.signedOff(response, page)
	}
	r := httptest.NewRequest(http.MethodGet, "https://"+issuerHost+path+"?"+q.Encode(), nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, page := w.current.visit(w, r)
	got := w.signedOff(response, page)
	if time.Since(began) > time.Second {
		got = append(got, "kept-waiting")
	}
	return got
}

// signedOff takes the answer to a sign-off apart. A question's form is kept for confirm.
func (w *world) signedOff(response *http.Response, page string) []string {
	got := []string{strconv.Itoa(response.StatusCode)}
	switch location := response.Header.Get("Location"); {
	case location != "":
		return append(got, "to="+location)
	case strings.Contains(page, `name="_token"`):
		w.question = hiddenInputs(page)
		return append(got, "question")
	case strings.Contains(strings.ToLower(page), "you are signed off"):
		return append(append(got, "signed-off"), w.framed(response, page)...)
	case page != "":
		return append(got, "page")
	}
	return got
}

func (w *world) confirm(answer string) []string {
	form := w.question
	form.Set("_button", map[string]string{"yes": "signOff", "no": "stay"}[answer])
	response, page := w.post("https://"+issuerHost+"/as/signoff/confirm", form, "Origin", "https://"+issuerHost)
	return w.signedOff(response, page)
}

package flowhost_test

import (
	"net/http"
	"strings"
	"testing"
)

const arriving = `flow: arriving
title: Say where somebody comes from, beside a picture
start: ask
nodes:
  ask:
    form: {title: 'From {{ request.country }}.', image: 'https://img.example.com/harbour.svg', layout: split}
    then: {continue: denied}
  denied: {end: error, with: {code: access_denied}}
`

func openArriving(t *testing.T, proxies string) *house {
	t.Helper()
	one := strings.Replace(households, "data: data\n", "data: data\nflows: flows\ntrustedProxies: ["+proxies+"]\ncountryHeader: CF-IPCountry\n", 1)
	return openWith(t, strings.Replace(one, "defaultFlow: sign-on-link", "defaultFlow: arriving", 1), map[string]string{"flows/arriving.yaml": arriving})
}

func TestAFormIsShownInItsLayoutWithItsPictureUnderAPolicyThatAllowsThatAlone(t *testing.T) {
	b := openArriving(t, "10.0.0.1").browser()
	b.visit(http.MethodGet, authorize, nil).shows(`<div class="page page-split">`)
	b.shows(`<img src="https://img.example.com/harbour.svg" alt="">`)
	if policy := b.last.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "img-src 'self' data: https://img.example.com;") {
		t.Errorf("the page is shown under %q", policy)
	}
}

func TestAFlowIsToldTheCountryByATrustedProxyAlone(t *testing.T) {
	for _, c := range []struct{ proxies, says string }{
		{"192.0.2.1", "From NL."}, // where requests of these tests come from
		{"10.0.0.1", "From ."},
	} {
		b := openArriving(t, c.proxies).browser()
		b.from = "NL"
		b.visit(http.MethodGet, authorize, nil).shows(c.says)
	}
}

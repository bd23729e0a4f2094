package iframe_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vigil/iframe"
	"vigil/internal/chromium"
)

// verdictVectors were computed by another program than ours. InPage are the pairs whose digests ride in the page, ByAsking
// those that the page must ask about.
type verdictVectors struct {
	Issuer           string
	InPage, ByAsking [][2]string
	Vectors          []verdictVector
}

// verdictVector is one message, the cookies in the order of document.cookie, and what the page answers; "" is silence.
type verdictVector struct {
	Name, Only, Origin string
	Data               any
	Cookies            []vectorCookie
	Want               iframe.Answer
}

type vectorCookie struct {
	Name, Value, Path, Domain string
	Bare                      bool // without the prefix even where names have it
}

func (c vectorCookie) named(prefix string) string {
	if c.Bare {
		prefix = ""
	}
	return prefix + c.Name + "=" + c.Value
}

// readsCookies tells the vectors whose answer depends on the names of cookies.
func (v verdictVector) readsCookies() bool {
	return v.Only != "" || v.Want == iframe.Unchanged || v.Want == iframe.Changed
}

// eachVector runs the vectors that concern a prefix.
func eachVector(t *testing.T, prefix string, run func(all verdictVectors, v verdictVector) iframe.Answer) {
	text, err := os.ReadFile("testdata/verdict.json")
	if err != nil {
		t.Fatal(err)
	}
	var all verdictVectors
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	skipped := map[string]string{"": "prefixed", iframe.HostPrefix: "bare"}[prefix]
	for _, v := range all.Vectors {
		if v.Only == skipped || prefix != "" && !v.readsCookies() {
			continue
		}
		if got := run(all, v); got != v.Want {
			t.Errorf("%s: %q, want %q", v.Name, got, v.Want)
		}
	}
}

func TestTheTwinGivesTheVerdictOfEveryVector(t *testing.T) {
	for _, prefix := range []string{"", iframe.HostPrefix} {
		eachVector(t, prefix, func(all verdictVectors, v verdictVector) iframe.Answer {
			var cookies []string
			for _, cookie := range v.Cookies {
				cookies = append(cookies, cookie.named(prefix))
			}
			return iframe.Verdict(iframe.Question{
				Data: v.Data, Origin: v.Origin, Issuer: all.Issuer, Cookies: strings.Join(cookies, "; "), Prefix: prefix,
				Registered: func(clientID, origin string) bool {
					pair := [2]string{clientID, origin}
					return slices.Contains(all.InPage, pair) || slices.Contains(all.ByAsking, pair)
				},
			})
		})
	}
}

func TestThePageGivesTheVerdictOfEveryVector(t *testing.T) {
	inThePage(t, "")
}

func TestThePageGivesTheSameVerdictsWithHostNames(t *testing.T) {
	inThePage(t, iframe.HostPrefix)
}

func inThePage(t *testing.T, prefix string) {
	w := onStandardPorts(t, "http", prefix)
	tabs := map[string]*chromium.Tab{}
	provider := w.another()
	eachVector(t, prefix, func(all verdictVectors, v verdictVector) iframe.Answer {
		tab := tabs[v.Origin]
		if tab == nil {
			w.publish(all.InPage)
			w.byAsking = all.ByAsking
			address := v.Origin
			if v.Origin == "null" {
				address = w.app(1) + "/?header=" + url.QueryEscape("Content-Security-Policy: sandbox allow-scripts")
			}
			tab = w.browser.Open(address)
			tabs[v.Origin] = tab
		}
		provider.replaceCookies(v.Cookies)
		data, err := json.Marshal(v.Data)
		if err != nil {
			t.Fatal(err)
		}
		if v.Want != iframe.Ignored {
			return iframe.Answer(chromium.Eval[string](tab, fmt.Sprintf("embed(%q).then(() => ask(%s))", w.pageURL(), data)))
		}
		// A silence is one if only the malformed question after it is answered, or nothing at all to an opaque origin.
		answers := chromium.Eval[string](tab, fmt.Sprintf("embed(%q).then(() => provoke(%s))", w.pageURL(), data))
		if opaque := v.Origin == "null"; opaque && answers == "" || !opaque && answers == "error" {
			return iframe.Ignored
		}
		return iframe.Answer("not silent: " + answers)
	})
}

// replaceCookies removes the cookies it wrote last and writes others in their order.
func (p *provider) replaceCookies(cookies []vectorCookie) {
	query := url.Values{}
	for _, gone := range p.written {
		query.Add("set", gone+"; Max-Age=0")
	}
	p.written = nil
	for _, c := range cookies {
		line := c.named(p.prefix) + "; Secure; SameSite=Lax; Path=" + max(c.Path, "/")
		if c.Domain != "" {
			line += "; Domain=" + c.Domain
		}
		query.Add("set", line)
		p.written = append(p.written, line)
	}
	p.tab.Do(fmt.Sprintf("fetch(%q)", "/cookies?"+query.Encode()))
}

func TestABrowserGivesTheOriginOfEveryVector(t *testing.T) {
	all := vectors[originVector](t, "origin.json")
	var urls []string
	for _, v := range all {
		urls = append(urls, v.URL)
	}
	for i, got := range originInBrowser(chromium.Start(t).Open(""), urls...) {
		want := ""
		if all[i].Origin != nil {
			want = *all[i].Origin
		}
		if got != want {
			t.Errorf("%q: the browser says %q, the vector %q", urls[i], got, want)
		}
	}
}

// weRefuse matches the origins of which browsers do not think alike.
var weRefuse = regexp.MustCompile(`[^a-z0-9:/.\[\]_-]|xn--|\.\.|//\.`)

func TestNoSpellingHasAnotherOriginInTheBrowser(t *testing.T) {
	pieces := []string{
		"http", "HTTPS", "https", ":", "://", "//", `\\`, "/", "?", "#", "@", "[", "]", "[::1]", "[0:0::ffff:1.2.3.4]", ".", "..", "-", "_", "xn--", "xn--bcher-kva",
		"app", "Example", "com", "localhost", "ü", "ß", "İ", "。", "ａ", "%2e", "%41", "%zz", "%C3%BC", "0x7f", "127", "1", "010", "256", "4294967295",
		":80", ":443", ":08443", ":65536", ":", " ", "\t", "\n", "\u00ad", "\u200d", "*", "'", "!", "$", "&", "(", ",", ";", "=", "~", "\"", "|", "^", "`", "{", "\x00", "\x7f", "א", "1א",
	}
	random := rand.New(rand.NewPCG(1, 2))
	var urls []string
	for range 6000 {
		var text strings.Builder
		if random.IntN(10) > 0 {
			text.WriteString([]string{"http://", "https://", "https://app.", "http://1."}[random.IntN(4)])
		}
		for range 1 + random.IntN(6) {
			text.WriteString(pieces[random.IntN(len(pieces))])
		}
		urls = append(urls, text.String())
	}
	origins := originInBrowser(chromium.Start(t).Open(""), urls...)
	agreed := 0
	for i, raw := range urls {
		ours, err := iframe.Origin(raw)
		switch {
		case err == nil && ours != origins[i]:
			t.Errorf("%q: ours %q, the browser's %q", raw, ours, origins[i])
		case err == nil:
			agreed++
		case origins[i] != "" && !weRefuse.MatchString(origins[i]) && !strings.Contains(raw, ".\u00ad"):
			t.Errorf("%q: we refuse (%v), the browser says %q", raw, err, origins[i])
		}
	}
	if agreed < 500 {
		t.Errorf("only %d of %d spellings were origins at all", agreed, len(urls))
	}
}

// originInBrowser is what `new URL(x).origin` says; empty if it throws or the URL is not of http or https.
func originInBrowser(tab *chromium.Tab, urls ...string) []string {
	list, err := json.Marshal(urls)
	if err != nil {
		return nil
	}
	return chromium.Eval[[]string](tab, string(list)+`.map((x) => {
		try { const url = new URL(x); return /^https?:$/.test(url.protocol) ? url.origin : ""; } catch { return ""; }
	})`)
}

package am_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
)

// transcript is what somebody types and reads: requests by curl as the manuals print them, sent over HTTP/2 with the cookies of a browser.
type transcript struct {
	*world
	base    string // host and context
	client  *http.Client
	idToken string
	token   string
	output  []string // of the last request, headers and body
}

// TestTranscripts replays testdata/transcripts.txt. A block begins with its promise. Further lines:
//
//	at BASE          host and context that are spoken to
//	signon USER      through callbacks in realm alpha; <token> and <id-token> stand for what it gave
//	logout           the session ends
//	forget cookies   from here on requests bring what they name and nothing else
//	over             the session is over
//	$ curl …         a request; a backslash at the end of a line goes on in the next, inside an address without the space
//	anything else    what comes back: a line of the headers or of the body, a member of its JSON; … stands for lines that do not matter
func TestTranscripts(t *testing.T) {
	text, err := os.ReadFile("testdata/transcripts.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		name, script, _ := strings.Cut(block, "\n")
		t.Run(strings.TrimPrefix(name, "# "), func(t *testing.T) {
			x := &transcript{}
			lines := strings.Split(script, "\n")
			for len(lines) > 0 {
				lines = x.line(t, lines)
			}
		})
	}
}

// line does what the first line says, with those that continue it, and gives the others.
func (x *transcript) line(t *testing.T, lines []string) []string {
	t.Helper()
	line, rest := lines[0], lines[1:]
	verb, object, _ := strings.Cut(line, " ")
	switch verb {
	case "at":
		x.base = object
		host, context, _ := strings.Cut(strings.TrimPrefix(object, "https://"), "/")
		x.world = newWorld(t, fmt.Sprintf("{context: /%s, environmentRealm: /alpha, realms: [{name: /alpha, responseTypePlugins: %s}, {name: /beta}]}", context, plugins))
		x.client = over(t, x.world, host)
	case "signon":
		x.token = x.signOnAt(x.base+"/json/realms/root/realms/alpha", object)
		x.idToken = x.tokens(x.base+"/oauth2/realms/root/realms/alpha", "myClient", callback)["id_token"].(string)
	case "logout":
		x.post(x.base+"/json/realms/root/realms/alpha/sessions?_action=logout", nil)
	case "forget":
		x.cookies = map[string]string{}
	case "over":
		if _, answer := x.post(x.base+"/json/realms/root/realms/alpha/sessions?_action=validate", map[string]string{"tokenId": x.token}); answer["valid"] != false {
			t.Error("the session lives")
		}
	case "$":
		for strings.HasSuffix(line, `\`) {
			line, rest = strings.TrimRight(strings.TrimSuffix(line, `\`), " ")+"\x00"+rest[0], rest[1:]
		}
		x.curl(t, strings.TrimPrefix(line, "$ curl"))
	default:
		x.expect(t, line)
	}
	return rest
}

// over serves a world by TLS and HTTP/2 under a host's name.
func over(t *testing.T, w *world, host string) *http.Client {
	t.Helper()
	server := httptest.NewUnstartedServer(w.server)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
	}
	return &http.Client{
		Transport: &http.Transport{
			ForceAttemptHTTP2: true, DialContext: dial,
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: strings.Split(host, ":")[0]},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// word is one of a shell: bare, or in single or double quotes.
var word = regexp.MustCompile(`'([^']*)'|"([^"]*)"|([^\s'"\x00]+)`)

// curl sends what a command says.
func (x *transcript) curl(t *testing.T, command string) {
	t.Helper()
	method, address, header, dump := http.MethodGet, "", http.Header{}, false
	var words []string
	for _, m := range word.FindAllStringSubmatch(command, -1) {
		said := strings.ReplaceAll(m[1]+m[2]+m[3], "\x00", "")
		words = append(words, strings.NewReplacer("<tenant-env-fqdn>", "tenant.example.com", "<id-token>", x.idToken, "<token>", x.token).Replace(said))
	}
	for i := 0; i < len(words); i++ {
		switch words[i] {
		case "--dump-header":
			dump, i = true, i+1
		case "--request":
			method, i = words[i+1], i+1
		case "--header":
			name, value, _ := strings.Cut(words[i+1], ": ")
			header.Add(name, value)
			i++
		case "--cookie":
			header.Add("Cookie", words[i+1])
			i++
		default:
			address = words[i]
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), method, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	for name, value := range x.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := x.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	x.output = nil
	if dump {
		x.output = append(x.output, fmt.Sprintf("HTTP/%d %d", response.ProtoMajor, response.StatusCode))
		for name := range response.Header {
			x.output = append(x.output, strings.ToLower(name)+": "+response.Header.Get(name))
		}
	}
	x.output = append(x.output, string(body))
}

// member is one of a JSON object, as manuals print it.
var member = regexp.MustCompile(`^ *"([^"]+)": "([^"]+)",?$`)

// expect compares a line with what came back.
func (x *transcript) expect(t *testing.T, line string) {
	t.Helper()
	body := x.output[len(x.output)-1]
	if strings.HasPrefix(body, `{"tokenId":`) {
		x.token = decode(t, body)["tokenId"].(string)
	}
	m := member.FindStringSubmatch(line)
	switch {
	case strings.Trim(line, "{}… ") == "" || m != nil && m[1] == "…":
		return
	case m != nil:
		if got := fmt.Sprint(decode(t, body)[m[1]]); got != strings.ReplaceAll(m[2], "<token>", x.token) {
			t.Errorf("%s: %s", line, got)
		}
		return
	}
	for _, got := range x.output {
		if got == line || strings.Contains(body, line) {
			return
		}
	}
	t.Errorf("%q did not come back: %.600q", line, x.output)
}

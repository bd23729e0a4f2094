package rehearsal

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"vigil/engine/flowtest"
	"vigil/engine/graph"
)

// provider is another identity provider: it vouches at once for whom the case says.
type provider struct {
	performance *performance
	name        string
}

// sharedSecret is what the provider of the case proves itself with.
const sharedSecret = "a secret between the two"

// turnedAway is what somebody enters who comes back without having signed on there.
const turnedAway = "denied"

// grant is a code that was given out.
type grant struct{ who, nonce, challenge, back string }

// providers are the names of those that the flow and its parts lead to, and that people of the case are linked to.
func (p *performance) providers() []string {
	var names []string
	seen := map[*graph.Flow]bool{}
	var look func(flow *graph.Flow)
	look = func(flow *graph.Flow) {
		if seen[flow] {
			return
		}
		seen[flow] = true
		for _, n := range flow.Nodes {
			for i := 0; n.Form != nil && i < len(n.Form.Fields); i++ {
				if value := n.Form.Fields[i].Provider; value != nil {
					if name, err := value.Eval(offered{p}); err == nil {
						names = append(names, fmt.Sprint(name))
					}
				}
			}
		}
		for _, part := range flow.Parts() {
			look(part)
		}
	}
	look(p.scene.Flow)
	for i := range p.scene.People {
		names = append(names, p.scene.People[i].External...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// offered is what is known before any run: the settings.
type offered struct{ p *performance }

// Lookup implements graph.Scope.
func (o offered) Lookup(root, name string) (any, bool) {
	value, there := o.p.scene.Settings[name]
	return value, there && root == "settings"
}

// Now implements graph.Scope.
func (o offered) Now() time.Time { return o.p.clock() }

// visits says who comes to other identity providers from now on.
func (p *performance) visits(who string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.visitor = who
}

// issuer is on another site than the case's provider.
func (o *provider) issuer() string {
	_, port, _ := net.SplitHostPort(o.performance.house.listener.Addr().String())
	return fmt.Sprintf("http://login.%s.localhost:%s", o.name, port)
}

func (o *provider) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		o.say(w, http.StatusOK, map[string]any{
			"issuer": o.issuer(), "authorization_endpoint": o.issuer() + "/authorize", "token_endpoint": o.issuer() + "/token", "jwks_uri": o.issuer() + "/keys",
			"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /authorize", o.authorize)
	mux.HandleFunc("POST /token", o.token)
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		key, err := o.key()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		encode := base64.RawURLEncoding.EncodeToString
		o.say(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "use": "sig", "alg": "RS256", "n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	return mux
}

func (o *provider) key() (*rsa.PrivateKey, error) { return o.performance.house.vouches() }

func (o *provider) say(w http.ResponseWriter, status int, answer map[string]any) {
	text, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// authorize sends whoever comes back at once.
func (o *provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	answer := url.Values{"state": {q.Get("state")}}
	p := o.performance
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.visitor == turnedAway {
		answer.Set("error", "access_denied")
	} else {
		code := rand.Text()
		p.codes[code] = grant{who: p.visitor, nonce: q.Get("nonce"), challenge: q.Get("code_challenge"), back: q.Get("redirect_uri")}
		answer.Set("code", code)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+answer.Encode(), http.StatusFound)
}

// token gives what a code stands for, once.
func (o *provider) token(w http.ResponseWriter, r *http.Request) {
	p := o.performance
	p.mu.Lock()
	given, known := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	p.mu.Unlock()
	digest := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	client, secret, _ := r.BasicAuth()
	if !known || base64.RawURLEncoding.EncodeToString(digest[:]) != given.challenge || r.PostFormValue("redirect_uri") != given.back {
		o.say(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	if plain, err := url.QueryUnescape(secret); client != environment || err != nil || plain != sharedSecret {
		o.say(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	token, err := o.vouch(given)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	o.say(w, http.StatusOK, map[string]any{"token_type": "Bearer", "access_token": rand.Text(), "expires_in": 300, "id_token": token})
}

// vouch signs who somebody is: as the stage has it, a person of the case whose name they bear, or a stranger, whose e-mail address it is where it
// looks like one.
func (o *provider) vouch(g grant) (string, error) {
	now := o.performance.clock()
	claims := map[string]any{
		"iss": o.issuer(), "aud": environment, "sub": g.who, "nonce": g.nonce, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "preferred_username": g.who,
	}
	email := ""
	if strings.Contains(g.who, "@") {
		email = g.who
	}
	if at := slices.IndexFunc(o.performance.scene.People, func(one flowtest.Person) bool { return one.Account.ID == g.who }); at >= 0 {
		a := o.performance.scene.People[at].Account
		email, claims["preferred_username"], claims["given_name"], claims["family_name"] = a.Email, a.Username, a.GivenName, a.FamilyName
	}
	if email != "" {
		claims["email"], claims["email_verified"] = email, true
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode(payload)
	digest := sha256.Sum256([]byte(signed))
	key, err := o.key()
	if err != nil {
		return "", err
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	return signed + "." + encode(signature), err
}

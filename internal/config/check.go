package config

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
	"vigil/internal/password"
	"vigil/internal/tenant"
)

// emailAddress is loose on purpose: only a message proves an address.
var emailAddress = regexp.MustCompile(`^[^\s@]+@[^\s@]+$`)

// reserved words are the first segments of paths that do not belong to an environment.
var reserved = []string{"as", "healthz", "readyz", "metrics", "static", "sdk"}

// checkTop looks at what spans environments.
func checkTop(r *reader, n *yaml.Node, _ string, c *Config) {
	if c.Data == "" {
		c.Data = filepath.Join(r.folder, "vigil-data")
	}
	if r.given("environments") && len(c.Environments) == 0 {
		r.fault(r.places["environments"], ruleValue, "there is no environment: nothing would be served")
	}
	r.checkTLS(n, c)
	r.refuseSharedMetrics(c)
	claims := claims{r: r, first: map[string]string{}}
	for i, host := range c.SharedHosts {
		claims.add(host, "the host "+host, item("sharedHosts", i))
	}
	for i := range c.Environments {
		e, path := &c.Environments[i], item("environments", i)
		claims.add("id "+e.ID, "the environment id "+shown(e.ID), path+".id")
		for j, host := range e.Hosts {
			claims.add(host, "the host "+host, item(path+".hosts", j))
		}
		if e.CertificateHost != "" {
			claims.add(e.CertificateHost, "the host "+e.CertificateHost, path+".certificateHost")
			if len(e.Hosts) == 0 && r.sound(path+".hosts") {
				r.fault(r.at(path+".certificateHost", n), ruleContradiction, "certificateHost stands beside hosts, and there are none")
			}
		}
		if len(e.Hosts) == 0 && len(c.SharedHosts) == 0 && r.sound(path+".hosts", "sharedHosts") {
			r.fault(r.at(path, n), ruleContradiction, "nothing leads to this environment").Hint = "give it hosts, or give the file sharedHosts"
		}
	}
	if len(c.PreviousKeyEncryptionKey) > 0 && len(c.KeyEncryptionKey) == 0 && r.sound("keyEncryptionKey") {
		r.fault(r.at("previousKeyEncryptionKey", n), ruleContradiction, "previousKeyEncryptionKey is given without keyEncryptionKey").Hint = "give the new key too: nothing is ever decrypted for good"
	}
	r.refuseOwnOrigins(c)
	r.checkCountries(n, c)
	r.checkCertificates(n, c)
}

// refuseSharedMetrics keeps what operators read apart from what strangers reach.
func (r *reader) refuseSharedMetrics(c *Config) {
	for _, address := range c.Metrics {
		if slices.Contains(c.Listen, address) && !strings.HasSuffix(address, ":0") {
			r.fault(r.places["metrics"], ruleContradiction, "metrics have an address of their own, and %s is one of listen", shown(address)).Hint = "write another port, such as 127.0.0.1:9090"
		}
	}
}

// claims finds two things with one name.
type claims struct {
	r     *reader
	first map[string]string // name -> path
}

func (c claims) add(name, title, path string) {
	n := c.r.places[path]
	if n == nil {
		return
	}
	if earlier, taken := c.first[name]; taken {
		c.r.fault(n, ruleTwice, "%s is claimed twice", title).Related = []diag.Related{
			{Message: "the first is here", Range: c.r.rangeOf(c.r.places[earlier])},
		}
		return
	}
	c.first[name] = path
}

// refuseOwnOrigins keeps the scripts of applications away from the pages that hold cookies.
func (r *reader) refuseOwnOrigins(c *Config) {
	own := slices.Clone(c.SharedHosts)
	for i := range c.Environments {
		own = append(own, c.Environments[i].Hosts...)
		if host := c.Environments[i].CertificateHost; host != "" {
			own = append(own, host)
		}
	}
	for path, n := range r.places {
		_, key, _ := strings.Cut(path, "].applications[")
		_, key, _ = strings.Cut(key, "].")
		key, _, _ = strings.Cut(key, "[")
		ours := slices.Contains([]string{"redirectUris", "postLogoutRedirectUris", "clientSessionUri", "backchannelLogoutUri", "frontchannelLogoutUri"}, key) && n.Kind == yaml.ScalarNode && r.given(path)
		if ours && slices.Contains(own, originOf(n.Value)) {
			r.fault(n, ruleOrigin, "%s is on a host of this server", shown(n.Value)).Hint = "a page there could act for everybody: give applications hosts of their own"
		}
	}
}

// checkEnvironment looks at one environment as a whole.
func checkEnvironment(r *reader, n *yaml.Node, path string, e *Environment) {
	if slices.Contains(reserved, e.ID) {
		r.fault(r.at(path+".id", n), ruleValue, "%s stands for something else in addresses", shown(e.ID)).Hint = "choose another id"
	}
	if e.Name == "" {
		e.Name = e.ID
	}
	e.Settings = e.Declared.Values
	checkRealms(r, n, path, e)
	checkResources(r, n, path, e)
	claims := claims{r: r, first: map[string]string{}}
	for i, p := range e.IdentityProviders {
		claims.add("provider "+p.Name, "the identity provider "+shown(p.Name), item(path+".identityProviders", i)+".name")
	}
	for i, p := range e.FlowPolicies {
		claims.add("policy "+p.Name, "the policy "+shown(p.Name), item(path+".flowPolicies", i)+".name")
	}
	for i, a := range e.Applications {
		claims.add("client "+a.ClientID, "the client id "+shown(a.ClientID), item(path+".applications", i)+".clientId")
	}
	for i, u := range e.Users {
		claims.add("user "+strings.ToLower(u.Username), "the username "+shown(u.Username), item(path+".users", i)+".username")
	}
}

// checkUser wants exactly one way to prove who it is.
func checkUser(r *reader, n *yaml.Node, path string, u *User) {
	inClear, hashed := path+".password", path+".passwordHash"
	switch {
	case !r.sound(inClear, hashed):
	case r.given(inClear) && r.given(hashed):
		r.fault(r.places[hashed], ruleContradiction, "both password and passwordHash are given").Hint = "leave one out"
	case !r.given(inClear) && !r.given(hashed):
		r.fault(n, ruleMissingKey, "this user has no password").Hint = "give password: ${NAME} or passwordHash"
	case len(u.Password) > password.MaxLength:
		r.fault(r.places[inClear], ruleSecret, "the password is longer than %d bytes", password.MaxLength)
	case u.Password != "" && utf8.RuneCountInString(u.Password) < password.MinLength:
		r.fault(r.places[inClear], ruleSecret, "the password is shorter than %d characters", password.MinLength).Hint = "choose a longer one: the server would refuse this one when it starts"
	}
}

func passwordHash() kind[string] {
	plain := secret()
	return kind[string]{name: plain.name, read: func(r *reader, n *yaml.Node, path string) (string, bool) {
		v, ok := plain.read(r, n, path)
		if !ok || v == "" {
			return "", ok
		}
		if _, err := password.Parse(v); err != nil {
			r.fault(n, ruleSecret, "this is not an argon2id hash that can be used: %v", err).Hint = "it looks like $argon2id$v=19$m=19456,t=2,p=1$…$…"
			return "", false
		}
		return v, true
	}}
}

// checkCORS wants origins with ALLOW_SPECIFIC_ORIGINS and none with ALLOW_NO_ORIGINS.
func checkCORS(r *reader, n *yaml.Node, path string, c *tenant.CORS) {
	const most = 20 // PingOne's limit
	origins := r.at(path+".origins", n)
	switch {
	case !r.sound(path+".origins", path+".behavior"):
	case c.Behavior == tenant.CORSNone && len(c.Origins) > 0:
		r.fault(origins, ruleContradiction, "origins are listed, but behavior is %s", tenant.CORSNone)
	case c.Behavior == tenant.CORSSpecific && len(c.Origins) == 0:
		r.fault(origins, ruleContradiction, "behavior is %s, but no origin is listed", tenant.CORSSpecific)
	case len(c.Origins) > most:
		r.fault(origins, ruleValue, "%d origins are too many: at most %d", len(c.Origins), most)
	}
}

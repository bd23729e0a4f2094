package registration

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"vigil/iframe"
	"vigil/internal/config"
	"vigil/internal/oidc"
	"vigil/internal/outbound"
	"vigil/internal/tenant"
)

// limit holds metadata to what an environment lets applications register. Scopes are cut down, which the answer shows; the rest is refused.
//
// RFC 7591 2: the server may replace what was asked for.
func (m Metadata) limit(r *tenant.Registration) *oidc.Error {
	words := grantTypes()
	for _, grant := range m.texts("grant_types") {
		if !slices.Contains(r.GrantTypes, words[grant]) {
			return invalid("grant_types has one that applications cannot register here")
		}
	}
	asked, ok := oidc.ParseScope(m.text("scope"))
	if !ok {
		return invalid("scope has a forbidden character")
	}
	scopes := r.Scopes
	if len(asked) > 0 {
		scopes = slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return !asked.Has(s) })
	}
	if !slices.Contains(scopes, oidc.ScopeOpenID) {
		scopes = append([]string{oidc.ScopeOpenID}, scopes...)
	}
	m.set("scope", strings.Join(scopes, " "))
	return nil
}

// judge finds what only registrations can get wrong: an operator who writes a configuration knows what they do.
func (m Metadata) judge(hosts []string) *oidc.Error {
	kind := m.text("application_type")
	if kind != "web" && kind != "native" {
		return invalid("application_type must be web or native")
	}
	code, implicit := m.grants(oidc.GrantAuthorizationCode), m.grants("implicit")
	addresses := m.texts("redirect_uris")
	switch {
	case (code || implicit) && len(addresses) == 0:
		return oidc.NewError(oidc.CodeInvalidRedirectURI, "redirect_uris is missing")
	case !code && slices.ContainsFunc(m.texts("response_types"), func(t string) bool { return slices.Contains(strings.Fields(t), "code") }):
		// RFC 7591 2.1: response_types and grant_types agree.
		return invalid("response_types has code, grant_types lacks authorization_code")
	case utf8.RuneCountInString(m.text("client_name")) > maxName || strings.ContainsFunc(m.text("client_name"), reorders):
		// RFC 7591 5: people are asked about this name, by somebody who chose it.
		return invalid("client_name is too long, or reads another way than it is written")
	case m.text("subject_type") == tenant.SubjectPairwise && (m.grants(oidc.GrantDeviceCode) || m.answersElsewhere()):
		// OIDC Core 8.1: redirect_uris say whose sector it is, for answers go there. A device, and a page elsewhere, get theirs by another way.
		return invalid("subject_type pairwise is for applications that get their answers at their redirect_uris alone")
	}
	for _, name := range []string{"jwks_uri", "sector_identifier_uri"} {
		// What is called from here is not chosen among our own neighbours by somebody else.
		if u, err := url.Parse(m.text(name)); err == nil && outbound.IsLocal(u.Hostname()) && !isLocal(hosts) {
			return invalid(name + " is on a local address")
		}
	}
	if fault := m.judgeShown(addresses); fault != nil {
		return fault
	}
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil {
			continue // the configuration's rules name it
		}
		// OIDC Registration 2: web clients with the implicit grant use https and not localhost.
		if kind == "web" && implicit && (u.Scheme != "https" || outbound.IsLocal(u.Hostname())) {
			return oidc.NewError(oidc.CodeInvalidRedirectURI, "redirect_uris of a web application with the implicit grant must be https and not local")
		}
	}
	return nil
}

// judgeShown wants the addresses that pages of ours lead to on hosts of the application itself.
//
// RFC 7591 5: what is shown to people is on the host that is registered, or it may pass for somebody else's.
func (m Metadata) judgeShown(addresses []string) *oidc.Error {
	host := func(address string) string {
		u, err := url.Parse(address)
		if err != nil {
			return ""
		}
		return strings.ToLower(u.Hostname())
	}
	for _, name := range []string{"client_uri", "initiate_login_uri", "policy_uri", "tos_uri"} {
		at := host(m.text(name))
		if at != "" && !slices.ContainsFunc(addresses, func(one string) bool { return host(one) == at }) {
			return invalid(name + " is on a host that no redirect_uri is on")
		}
	}
	return nil
}

// maxName is the longest name of an application that registered itself, in characters.
const maxName = 100

// reorders reports whether a character changes the direction of those around it.
func reorders(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }

// answersElsewhere reports whether a page that may ask for answers is on another origin than every redirect URI.
func (m Metadata) answersElsewhere() bool {
	page, err := iframe.Origin(m.text("clientSessionUri"))
	return err == nil && !slices.ContainsFunc(m.texts("redirect_uris"), func(address string) bool {
		origin, err := iframe.Origin(address)
		return err == nil && origin == page
	})
}

// responseTypes gives what an application may be sent, part by part.
func (m Metadata) responseTypes() ([]string, *oidc.Error) {
	var parts []string
	for _, one := range m.texts("response_types") {
		t, ok := oidc.ParseResponseType(one)
		if !ok || t == oidc.ResponseToken {
			// RFC 9700 2.1.2: an access token alone is not sent by the front channel.
			return nil, invalid("response_types has a value that is not supported")
		}
		for _, part := range strings.Fields(one) {
			if part = strings.ToUpper(part); !slices.Contains(parts, part) {
				parts = append(parts, part)
			}
		}
	}
	return parts, nil
}

// kind is the type of an application, as the configuration names it.
func (m Metadata) kind() string {
	switch {
	case m.text("application_type") == "native":
		return tenant.TypeNative
	case m.text("token_endpoint_auth_method") == "none":
		return "SINGLE_PAGE_APP"
	case !m.grants(oidc.GrantAuthorizationCode) && !m.grants("implicit"):
		return "WORKER"
	}
	return "WEB_APP"
}

// identity is what an application has that it did not choose.
type identity struct {
	clientID string
	secret   string
	consent  string
	hosts    []string // origins of the server
}

// application makes an application of metadata, by the rules of the configuration file.
func (m Metadata) application(id identity) (*tenant.Application, *oidc.Error) {
	parts, fault := m.responseTypes()
	if fault != nil {
		return nil, fault
	}
	values := []config.Value{
		{Key: "clientId", Value: id.clientID},
		{Key: "type", Value: m.kind()},
		{Key: "consent", Value: id.consent},
		{Key: "scopes", Value: strings.Fields(m.text("scope"))},
	}
	if len(parts) > 0 {
		values = append(values, config.Value{Key: "responseTypes", Value: parts})
	}
	if strings.HasPrefix(m.text("token_endpoint_auth_method"), "client_secret_") {
		values = append(values, config.Value{Key: "clientSecret", Value: id.secret})
	}
	if m.flag("require_pushed_authorization_requests") {
		values = append(values, config.Value{Key: "parRequirement", Value: tenant.PARRequired})
	}
	for _, one := range members() {
		if one.key != "" && m[one.name] != nil {
			values = append(values, config.Value{Key: one.key, Value: one.value(m)})
		}
	}
	app, mistakes := config.Application(values, id.hosts)
	if len(mistakes) > 0 {
		return nil, refusal(mistakes[0])
	}
	return app, nil
}

// value is what a member would be in the file.
func (m member) value(given Metadata) any {
	translated := func(word string) string {
		if m.words == nil {
			return word
		}
		return m.words[word]
	}
	switch m.form {
	case flag:
		return given.flag(m.name)
	case texts:
		list := []string{}
		for _, word := range given.texts(m.name) {
			list = append(list, translated(word))
		}
		return list
	case object, number:
		return string(given[m.name])
	case text:
	}
	return translated(given.text(m.name))
}

// refusal says to a client what the rules of the file found, in the names that it knows.
func refusal(found config.Mistake) *oidc.Error {
	name, pairs := found.Key, [][2]string{}
	for _, m := range members() {
		if m.key == found.Key && m.key != "" {
			name = m.name
		}
		if m.key != "" && m.key != m.name {
			pairs = append(pairs, [2]string{m.key, m.name})
		}
		for word, theirs := range m.words {
			pairs = append(pairs, [2]string{theirs, word})
		}
	}
	// The longest first: one may begin with another.
	slices.SortFunc(pairs, func(a, b [2]string) int { return cmp.Or(len(b[0])-len(a[0]), strings.Compare(a[0], b[0])) })
	var flat []string
	for _, p := range pairs {
		flat = append(flat, p[0], p[1])
	}
	description := strings.NewReplacer(flat...).Replace(found.Summary)
	if name != "" {
		description = name + ": " + description
	}
	if found.Key == "redirectUris" {
		return oidc.NewError(oidc.CodeInvalidRedirectURI, description)
	}
	return invalid(description)
}

// sector wants the document that a sector identifier names to list every redirect URI.
//
// OIDC Registration 5.
func (m Metadata) sector(document []byte) *oidc.Error {
	var listed []string
	if err := json.Unmarshal(document, &listed); err != nil {
		return invalid("sector_identifier_uri does not lead to a JSON array of addresses")
	}
	for _, address := range m.texts("redirect_uris") {
		if !slices.Contains(listed, address) {
			return invalid("sector_identifier_uri does not list every one of redirect_uris")
		}
	}
	return nil
}

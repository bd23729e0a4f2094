package tenant

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"vigil/iframe"
)

// Application is a relying party. Its fields bear PingOne's names.
type Application struct {
	ClientID string
	Name     string
	Enabled  bool
	Type     string // WEB_APP, NATIVE_APP, SINGLE_PAGE_APP

	// HomePageURL is where people find the application, PolicyURI and TOSURI what it says of their data and of its terms, all https or loopback
	// (OIDC Registration 2: client_uri, policy_uri, tos_uri). Empty: no page of ours leads there.
	HomePageURL, PolicyURI, TOSURI string
	// InitiateLoginURI begins a sign-on at the application (OIDC Core 4). Empty: HomePageURL does.
	InitiateLoginURI string

	// OpSessionCheckEnabled puts session_state on authorization responses (seed 003). False: it never appears.
	OpSessionCheckEnabled bool
	// ClientSessionURI is the page or origin that polls the check-session iframe (AM's Client Session URI). Empty: the origin of the redirect URI in use.
	ClientSessionURI string

	RedirectURIs []string // matched exactly
	// AllowWildcardInRedirectURIs lets one star in a redirect URI stand for a word, see AllowsRedirect.
	AllowWildcardInRedirectURIs bool
	PostLogoutRedirectURIs      []string // matched exactly
	GrantTypes                  []string // AUTHORIZATION_CODE, IMPLICIT, REFRESH_TOKEN, CLIENT_CREDENTIALS, DEVICE_CODE, TOKEN_EXCHANGE
	ResponseTypes               []string // CODE, ID_TOKEN, TOKEN, NONE; requests may combine the first three
	TokenEndpointAuthMethod     string   // NONE, CLIENT_SECRET_BASIC, CLIENT_SECRET_POST, CLIENT_SECRET_JWT, PRIVATE_KEY_JWT, TLS_CLIENT_AUTH, SELF_SIGNED_TLS_CLIENT_AUTH
	ClientSecrets               []string // any of them is right; two during a change
	PKCEEnforcement             string   // OPTIONAL, REQUIRED, S256_REQUIRED
	CORS                        CORS
	Scopes                      []string // what it may ask for; openid is always among them
	IDTokenSigningAlg           string   // ES256 (default), RS256, PS256, EdDSA
	FlowPolicies                []string // names of flows, by priority; acr_values picks one of them

	// CountsAsActivity: prompt=none, refresh and userinfo of this application keep the session from idling.
	CountsAsActivity bool
	// RefreshTokensOutliveSession: an ending leaves this application's refresh tokens alone.
	RefreshTokensOutliveSession bool

	// BackchannelLogoutURI is told of every end of a session that the application joined (OIDC Back-Channel Logout 2.2). Empty: nobody is told.
	BackchannelLogoutURI string
	// BackchannelLogoutSessionRequired: the application needs sid in logout tokens. It is always there.
	BackchannelLogoutSessionRequired bool
	// FrontchannelLogoutURI is loaded in a frame when a person signs off in the browser (OIDC Front-Channel Logout 2). Empty: none is.
	FrontchannelLogoutURI string
	// FrontchannelLogoutSessionRequired: the application needs iss and sid there. They are always there.
	FrontchannelLogoutSessionRequired bool
	// PARRequirement: OPTIONAL (default) or REQUIRED, no authorization request but a pushed one (RFC 9126 6).
	PARRequirement string
	// PARTimeout is how long a pushed request waits for its first use. Zero: one minute (PingOne's default).
	PARTimeout time.Duration
	// RequireSignedRequestObject: no authorization request but a signed one (RFC 9101 10.5).
	RequireSignedRequestObject bool
	// SupportUnsignedRequestObject: request objects of alg none are read, as ordinary parameters are.
	SupportUnsignedRequestObject bool
	// DefaultMaxAge counts as max_age where a request has none (OIDC Registration 2: default_max_age). Zero: any age will do.
	DefaultMaxAge time.Duration
	// Consent: NONE (default), the person is not asked; REMEMBERED, asked once for each scope; ALWAYS, at every sign-on.
	Consent string

	// IDPSignoff: an ID token alone ends its session at /as/idpSignoff, without the cookie of the browser.
	IDPSignoff bool

	// SubjectType: public (default) or pairwise, a name of each person that no application of another sector knows (OIDC Core 8).
	SubjectType string
	// SectorIdentifierURI names the sector by its host. Empty: the host of the redirect URIs.
	SectorIdentifierURI string
	// UserinfoSignedResponseAlg signs answers of userinfo. Empty: plain JSON.
	UserinfoSignedResponseAlg string
	// AuthorizationSignedResponseAlg signs responses of the modes that end in jwt (JARM 3). Empty: as ID tokens are.
	AuthorizationSignedResponseAlg string
	// IntrospectionSignedResponseAlg signs answers of introspection that are to be signed (RFC 9701 6). Empty: as ID tokens are.
	IntrospectionSignedResponseAlg string
	Encryptions                    Encryptions
	// RequestScopesForMultipleResourcesEnabled: one access token may be for several resources. False: for one, and userinfo.
	RequestScopesForMultipleResourcesEnabled bool
	AccessTokenFormat                        string // JWT (default, RFC 9068), OPAQUE

	// JWKS is the application's JWK set as JSON; JWKSURL is where it lies. At most one is given.
	JWKS    []byte
	JWKSURL string
	// TokenEndpointAuthSigningAlg narrows what client assertions may be signed with. Empty: whatever fits the method.
	TokenEndpointAuthSigningAlg string
	// ClientAssertionAudience: ISSUER (default) or ISSUER_OR_ENDPOINT, for clients that name the endpoint they call.
	ClientAssertionAudience string

	// DPoPBoundAccessTokens: no access token without a proof of possession (RFC 9449 5.2).
	DPoPBoundAccessTokens bool
	// DPoPNonceRequired: proofs must bear a nonce of ours (RFC 9449 8).
	DPoPNonceRequired bool

	// Of these exactly one is set with TLS_CLIENT_AUTH: the name that the application's certificate bears (RFC 8705 2.1.2).
	TLSClientAuthSubjectDN string // RFC 4514
	TLSClientAuthSANDNS    string
	TLSClientAuthSANURI    string
	TLSClientAuthSANIP     string
	TLSClientAuthSANEmail  string
	// TLSClientCertificateBoundAccessTokens: access tokens are bound to the certificate that the application shows (RFC 8705 3.4).
	TLSClientCertificateBoundAccessTokens bool

	DeviceTimeout         time.Duration // how long a device code waits. Zero: ten minutes (PingOne's default)
	DevicePollingInterval time.Duration // between two polls. Zero: five seconds (PingOne's default)
	DevicePathID          string        // last part of the verification address. Empty: none

	// RefreshTokenRollingDuration ends a line of refresh tokens this long after its sign-on; each token of it is good for
	// RefreshTokenDuration. Zero: the line ends after RefreshTokenDuration.
	RefreshTokenRollingDuration time.Duration
	// ToleratesRefreshTokenReuse: a refresh token that comes back is refused and nothing else. False: it ends its line with all that it gave
	// (PingOne: additionalRefreshTokenReplayProtectionEnabled).
	ToleratesRefreshTokenReuse bool
	// RefreshTokenRollingGracePeriodDuration lets the token before the current one give the current one again. Zero: ten seconds. Negative: never.
	RefreshTokenRollingGracePeriodDuration time.Duration

	AccessTokenLifetime  time.Duration // zero: one hour
	IDTokenLifetime      time.Duration // zero: one hour
	RefreshTokenDuration time.Duration // lifetime of a refresh token. Zero: 30 days (PingOne's default)

	// Realm limits the application to one realm of AM's dialect. Empty: all realms have it.
	Realm string

	origins        []string
	sessionOrigins map[string]string // redirect URI -> origin that session_state is minted for
	unmanaged      bool              // session management is off in every realm that has it
}

// CORS says which origins may read answers to this application's requests.
type CORS struct {
	Behavior string   // ALLOW_SPECIFIC_ORIGINS, ALLOW_NO_ORIGINS. Empty: any registered origin of the application
	Origins  []string // at most 20; `https://*.example.com` matches one label
}

// Grant types, response types, authentication methods and PKCE rules as PingOne spells them.
const (
	GrantAuthorizationCode = "AUTHORIZATION_CODE"
	GrantRefreshToken      = "REFRESH_TOKEN"
	GrantClientCredentials = "CLIENT_CREDENTIALS"
	GrantDeviceCode        = "DEVICE_CODE"
	GrantTokenExchange     = "TOKEN_EXCHANGE"
	GrantImplicit          = "IMPLICIT"

	ResponseCode    = "CODE"
	ResponseIDToken = "ID_TOKEN"
	ResponseToken   = "TOKEN"
	ResponseNone    = "NONE"

	AuthNone       = "NONE"
	AuthBasic      = "CLIENT_SECRET_BASIC"
	AuthPost       = "CLIENT_SECRET_POST"
	AuthSecretJWT  = "CLIENT_SECRET_JWT"
	AuthPrivateKey = "PRIVATE_KEY_JWT"
	AuthTLS        = "TLS_CLIENT_AUTH"
	AuthSelfSigned = "SELF_SIGNED_TLS_CLIENT_AUTH"

	SubjectPublic   = "public"
	SubjectPairwise = "pairwise"

	AudienceIssuer   = "ISSUER"
	AudienceEndpoint = "ISSUER_OR_ENDPOINT"

	TokenJWT    = "JWT"
	TokenOpaque = "OPAQUE"

	PAROptional = "OPTIONAL"
	PARRequired = "REQUIRED"

	ConsentNone       = "NONE"
	ConsentRemembered = "REMEMBERED"
	ConsentAlways     = "ALWAYS"

	PKCEOptional     = "OPTIONAL"
	PKCERequired     = "REQUIRED"
	PKCES256Required = "S256_REQUIRED"

	CORSSpecific = "ALLOW_SPECIFIC_ORIGINS"
	CORSNone     = "ALLOW_NO_ORIGINS"
)

// Beginning is where people begin at the application once more. Empty: nobody told.
//
// OIDC Core 4: the issuer is told to initiate_login_uri.
func (a *Application) Beginning(issuer string) string {
	if a.InitiateLoginURI == "" {
		return a.HomePageURL
	}
	separator := "?"
	if strings.Contains(a.InitiateLoginURI, "?") {
		separator = "&"
	}
	return a.InitiateLoginURI + separator + "iss=" + url.QueryEscape(issuer)
}

// AllowsGrant reports whether the application was given a grant type.
func (a *Application) AllowsGrant(grant string) bool { return contains(a.GrantTypes, grant) }

// AllowsResponse reports whether the application may be sent one thing by authorize, such as CODE.
func (a *Application) AllowsResponse(member string) bool { return contains(a.ResponseTypes, member) }

// AllowsPostLogoutRedirect reports whether uri is registered for after sign-off, character by character.
func (a *Application) AllowsPostLogoutRedirect(uri string) bool {
	return contains(a.PostLogoutRedirectURIs, uri)
}

// PageOrigin is the origin that session_state is minted for when the answer goes to the page that asked and not to a redirect URI: that of the
// Client Session URI, else the page's own. Empty: it is none of the application's, or no https or loopback origin.
func (a *Application) PageOrigin(page string) string {
	if a.ClientSessionURI != "" {
		page, _ = iframe.Origin(a.ClientSessionURI)
	} else if !a.AllowsOrigin(page) {
		return ""
	}
	if page == "" || !secureOrigin(page) {
		return ""
	}
	return page
}

// SectorIdentifier is the host under which pairwise names are made.
//
// OIDC Core 8.1: the host of sector_identifier_uri, else that of the redirect URIs.
func (a *Application) SectorIdentifier() string {
	address := a.SectorIdentifierURI
	if address == "" && len(a.RedirectURIs) > 0 {
		address = a.RedirectURIs[0]
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return a.ClientID
	}
	return strings.ToLower(u.Host)
}

// Origins are the web origins that may poll the check-session iframe for this application and read answers to its requests:
// those of its redirect URIs, of its Client Session URI and of its CORS settings. Each once, without wildcards.
func (a *Application) Origins() []string {
	var origins []string
	for _, address := range append(append(append([]string(nil), a.RedirectURIs...), a.ClientSessionURI), a.CORS.Origins...) {
		if origin, err := iframe.Origin(address); err == nil && !contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	return origins
}

// AllowsOrigin reports whether pages of an origin may speak for this application: one of Origins, or one that a wildcard of its CORS settings covers.
func (a *Application) AllowsOrigin(origin string) bool {
	if a.CORS.Behavior == CORSNone || origin == "" {
		return false
	}
	if contains(a.origins, origin) {
		return true
	}
	for _, pattern := range a.CORS.Origins {
		if matchesWildcard(pattern, origin) {
			return true
		}
	}
	return false
}

// matchesWildcard matches https://*.example.com with any one label in place of the star.
func matchesWildcard(pattern, origin string) bool {
	before, after, found := strings.Cut(pattern, "*")
	if !found || !strings.HasPrefix(origin, before) || !strings.HasSuffix(origin, after) || len(origin) <= len(before)+len(after) {
		return false
	}
	return !strings.ContainsAny(origin[len(before):len(origin)-len(after)], "./:@")
}

// index computes what requests ask for again and again.
func (a *Application) index() {
	a.origins = a.Origins()
	a.sessionOrigins = make(map[string]string, len(a.RedirectURIs))
	for _, uri := range a.RedirectURIs {
		address := uri
		if a.ClientSessionURI != "" {
			address = a.ClientSessionURI
		}
		if origin, err := iframe.Origin(address); err == nil && secureOrigin(origin) {
			a.sessionOrigins[uri] = origin
		}
	}
}

// secureOrigin: a page of this origin is a secure context.
//
// Secure Contexts 3.1: https, loopback addresses, localhost and what lies below it.
func secureOrigin(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	host := u.Hostname()
	if u.Scheme == "https" || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// HasSecret compares in constant time with every registered secret, whatever its length.
func (a *Application) HasSecret(secret string) bool {
	given, found := sha256.Sum256([]byte(secret)), 0
	for _, s := range a.ClientSecrets {
		registered := sha256.Sum256([]byte(s))
		found |= subtle.ConstantTimeCompare(registered[:], given[:])
	}
	return found == 1
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

package config

import (
	"log/slog"
	"net/netip"
	"regexp"

	"vigil/internal/tenant"
)

// file is the whole configuration file.
func file() kind[Config] { return mapping("a configuration", topFields(), checkTop) }

func topFields() []field[Config] {
	return []field[Config]{
		at("listen", oneOrMore("an address or a list of addresses", listenAddress()), func(c *Config) *[]string { return &c.Listen },
			"where to serve, as host:port: plain HTTP for a proxy in front, or https with `tls`").or("127.0.0.1:8080").orElse("`127.0.0.1:8080`, or `:443` with `tls`"),
		at("tls", pointer(mapping("a mapping", tlsServerFields(), nil)), func(c *Config) **TLS { return &c.TLS },
			"serves https without a proxy").orElse("a proxy in front ends TLS"),
		at("metrics", oneOrMore("an address or a list of addresses", listenAddress()), func(c *Config) *[]string { return &c.Metrics },
			"where to serve GET /metrics for Prometheus, as host:port; nothing else answers there, and no browser should come there").orElse("nowhere"),
		at("data", folder(false), func(c *Config) *string { return &c.Data },
			"the folder of the database and of the administration socket; it is made if need be; a relative path begins at this file's folder").orElse("`vigil-data`"),
		at("store", storeAddress(), func(c *Config) *string { return &c.Store },
			"the address of a PostgreSQL database, `postgres://user:password@host/database`, best as ${NAME}: several servers may share it").orElse("the file `vigil.db` in `data`"),
		at("sharedHosts", set("a list of origins", origin()), func(c *Config) *[]string { return &c.SharedHosts },
			"origins on which every environment is served below /{environment id}"),
		at("trustedProxies", list("a list of networks", network()), func(c *Config) *[]netip.Prefix { return &c.TrustedProxies },
			"proxies whose X-Forwarded-For, and whose word on certificates of clients, is believed"),
		at("countryHeader", that(text("a header's name"), tokenName, "letters, digits and hyphens, such as CF-IPCountry"), func(c *Config) *string { return &c.CountryHeader },
			"the header in which trustedProxies say from which country a request comes, as two letters (ISO 3166-1): flows read it as `request.country`. The proxy must set it itself").orElse("flows know no country"),
		at("clientCertificates", pointer(mapping("a mapping", certificateFields(), nil)), func(c *Config) **ClientCertificates { return &c.ClientCertificates },
			"lets applications prove themselves with certificates (RFC 8705), which they show here where there is `tls`, or to the proxy").orElse("they cannot"),
		at("log", mapping("a mapping", logFields(), nil), func(c *Config) *Log { return &c.Log },
			"how the log is written").whole(),
		at("keyEncryptionKey", keyEncryptionKey(), func(c *Config) *[]byte { return &c.KeyEncryptionKey },
			"encrypts signing keys in the database: 32 bytes, base64url").orElse("they are stored in the clear"),
		at("previousKeyEncryptionKey", keyEncryptionKey(), func(c *Config) *[]byte { return &c.PreviousKeyEncryptionKey },
			"the keyEncryptionKey until now, for one start: what it encrypts is encrypted anew"),
		at("flows", folder(true), func(c *Config) *string { return &c.Flows },
			"the folder of flow files; a relative path begins at this file's folder").orElse("the flows that Vigil ships"),
		at("environments", list("a list of environments", mapping("an environment", environmentFields(), checkEnvironment)), func(c *Config) *[]Environment { return &c.Environments },
			"the tenants, each with its own hosts, applications and people").must(),
	}
}

func logFields() []field[Log] {
	return []field[Log]{
		at("level", logLevel(), func(l *Log) *slog.Level { return &l.Level }, "the least that is written").or("info"),
		at("format", oneOf(FormatText, FormatJSON), func(l *Log) *string { return &l.Format }, "for people or for machines").or(FormatText),
	}
}

var (
	environmentID = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	flowName      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
)

func environmentIDs() kind[string] {
	return that(text("an environment id"), environmentID, "1 to 64 letters, digits and hyphens: it stands in addresses")
}

func flowNames() kind[string] {
	return that(text("a flow's name"), flowName, "write the name that the file gives after flow:, without .yaml")
}

func environmentFields() []field[Environment] {
	return []field[Environment]{
		at("id", environmentIDs(), func(e *Environment) *string { return &e.ID }, "names the environment, in addresses on shared hosts too").must(),
		at("name", text("a text"), func(e *Environment) *string { return &e.Name }, "what people see").orElse("the id"),
		at("hosts", set("a list of origins", origin()), func(e *Environment) *[]string { return &e.Hosts },
			"the environment's own origins (custom domains). Session management needs one, below the same domain as the applications"),
		at("certificateHost", origin(), func(e *Environment) *string { return &e.CertificateHost },
			"another origin beside the hosts, such as another port of the first, at which alone clients are asked for certificates: discovery names it (mtls_endpoint_aliases), and only what applications call is served there").orElse("certificates are asked for at hosts"),
		at("cookies", mapping("a mapping", cookieFields(), nil), func(e *Environment) *tenant.CookieSettings { return &e.Cookies }, "how cookies are set").whole(),
		at("keys", mapping("a mapping", keyFields(), checkKeySettings), func(e *Environment) *tenant.KeySettings { return &e.Keys }, "when signing keys change").whole(),
		at("signOffQuestion", oneOf(tenant.SignOffAsk, tenant.SignOffNever), func(e *Environment) *string { return &e.SignOffQuestion },
			"whether a sign-off without a valid id_token_hint asks the person first").or(tenant.SignOffAsk),
		at("sessionDeleteSignal", oneOf(tenant.SignalPush, tenant.SignalNone), func(e *Environment) *string { return &e.SessionDeleteSignal },
			"whether browsers hear of a session that was deleted through the API; none is PingOne's way").or(tenant.SignalPush),
		at("allowPrivateLogoutAddresses", flag(), func(e *Environment) *bool { return &e.AllowPrivateLogoutAddresses },
			"whether logout tokens may be sent to loopback and private networks; otherwise to loopback only where the issuer itself is on it").or("false"),
		at("defaultFlow", flowNames(), func(e *Environment) *string { return &e.DefaultFlow },
			"the flow, or policy, for applications without flowPolicies").or("sign-on"),
		at("deviceFlow", flowNames(), func(e *Environment) *string { return &e.DeviceFlow },
			"the flow, or policy, behind /as/device, where people type the codes of devices; each success of it names the device").orElse("a page that asks for the code, then the application's flow, then a question"),
		at("registrationFlow", flowNames(), func(e *Environment) *string { return &e.RegistrationFlow },
			"the flow, or policy, for requests with prompt=create, where people make themselves an account (OpenID Connect Prompt Create)").orElse("prompt=create is refused"),
		at("flowPolicies", list("a list of policies", policies()), func(e *Environment) *[]tenant.FlowPolicy { return &e.FlowPolicies },
			"names that share sign-ons among several flows").orElse("every name is that of a flow"),
		at("am", pointer(mapping("a mapping", amFields(), checkAM)), func(e *Environment) **tenant.AM { return &e.AM },
			"serves applications that were written for ForgeRock AM or PingOne Advanced Identity Cloud too").orElse("it does not"),
		at("mail", pointer(mapping("a mapping", mailFields(), checkMail)), func(e *Environment) **tenant.Mail { return &e.Mail },
			"how flows send e-mail").orElse("they cannot"),
		at("httpHosts", list("a list of servers", mapping("a server", hostFields(), nil)), func(e *Environment) *[]tenant.HTTPHost { return &e.HTTPHosts },
			"the servers that flows may call by http.request").orElse("none"),
		at("registration", pointer(mapping("a mapping", registrationFields(), nil)), func(e *Environment) **tenant.Registration { return &e.Registration },
			"lets applications register themselves at /as/register with a token of `vigil client token` (RFC 7591); without it those that did are not served").orElse("they cannot"),
		at("identityProviders", list("a list of identity providers", pointer(mapping("an identity provider", identityProviderFields(), checkIdentityProvider))), func(e *Environment) *[]*tenant.IdentityProvider { return &e.IdentityProviders },
			"other OpenID providers that people may sign on with, in flows that have a field of type external"),
		at("passkeyRelyingParty", domain(), func(e *Environment) *string { return &e.PasskeyRelyingParty },
			"a domain above hosts of the environment that share their passkeys; it cannot change without losing all of them").orElse("every host has passkeys of its own"),
		at("resources", list("a list of resources", mapping("a resource", resourceFields(), nil)), func(e *Environment) *[]tenant.Resource { return &e.Resources },
			"the interfaces that access tokens are made for, beside userinfo"),
		at("settings", settings(), func(e *Environment) *Settings { return &e.Declared },
			"what flows read as settings.x, each of the type that it looks like or of the one that is said: `{type: duration, value: 8h}`"),
		at("secrets", flowSecrets(), func(e *Environment) *map[string]string { return &e.Secrets }, "what flows hand on as secrets.x, each as ${NAME} or ${file:PATH}"),
		at("applications", list("a list of applications", pointer(mapping("an application", applicationFields(), checkApplication))), func(e *Environment) *[]*tenant.Application { return &e.Applications },
			"the relying parties, with PingOne's field names"),
		at("users", list("a list of users", mapping("a user", userFields(), checkUser)), func(e *Environment) *[]User { return &e.Users },
			"people to begin with: each is added when the server starts, unless the username exists"),
	}
}

func cookieFields() []field[tenant.CookieSettings] {
	return []field[tenant.CookieSettings]{
		at("bareNames", flag(), func(c *tenant.CookieSettings) *bool { return &c.BareNames },
			"PingOne's names ST and OPUAS on the environment's own hosts, without the __Host- prefix that keeps sibling sub-domains out").or("false"),
		at("nonPersistent", flag(), func(c *tenant.CookieSettings) *bool { return &c.NonPersistent },
			"sessions end with the browser (PingOne: useNonPersistentSessionTokenCookie)").or("false"),
		at("sameSiteNone", flag(), func(c *tenant.CookieSettings) *bool { return &c.SameSiteNone },
			"SameSite=None instead of Lax, for applications on other sites").or("false"),
	}
}

func userFields() []field[User] {
	return []field[User]{
		at("username", text("a text"), func(u *User) *string { return &u.Username }, "what the person types").must(),
		at("password", secret(), func(u *User) *string { return &u.Password }, "the password in the clear, best as ${NAME}; or give passwordHash"),
		at("passwordHash", passwordHash(), func(u *User) *string { return &u.PasswordHash }, "an argon2id hash as a PHC string; or give password"),
		at("email", that(text("an email address"), emailAddress, "write it as ada@example.com"), func(u *User) *string { return &u.Email }, "the claim email"),
		at("givenName", text("a text"), func(u *User) *string { return &u.GivenName }, "the claim given_name"),
		at("familyName", text("a text"), func(u *User) *string { return &u.FamilyName }, "the claim family_name"),
		at("groups", set("a list of texts", text("a text")), func(u *User) *[]string { return &u.Groups }, "the groups that flows see"),
	}
}

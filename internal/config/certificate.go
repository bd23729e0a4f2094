package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
	"vigil/internal/clientcert"
	"vigil/internal/tenant"
)

// ClientCertificates say how the certificates of clients come to the server (RFC 8705).
type ClientCertificates struct {
	// Header is where trusted proxies pass them on. Never empty.
	Header string
	// Authorities are whose certificates TLS_CLIENT_AUTH accepts. Nil: nobody's.
	Authorities *clientcert.Authorities
}

func certificateFields() []field[ClientCertificates] {
	return []field[ClientCertificates]{
		at("header", that(text("a header's name"), tokenName, "letters, digits and hyphens, such as Client-Cert"), func(c *ClientCertificates) *string { return &c.Header },
			"the header in which trustedProxies pass the certificate on, as RFC 9440 says or as PEM").or("Client-Cert"),
		at("authorities", authorities(), func(c *ClientCertificates) **clientcert.Authorities { return &c.Authorities },
			"a PEM file of the authorities whose certificates TLS_CLIENT_AUTH accepts; a relative path begins at this file's folder").orElse("TLS_CLIENT_AUTH is not offered"),
	}
}

// authorities reads a file of certificates.
func authorities() kind[*clientcert.Authorities] {
	plain := text("a file")
	return kind[*clientcert.Authorities]{name: plain.name, read: func(r *reader, n *yaml.Node, path string) (*clientcert.Authorities, bool) {
		v, ok := plain.read(r, n, path)
		if !ok {
			return nil, false
		}
		if !filepath.IsAbs(v) {
			v = filepath.Join(r.folder, v)
		}
		file, err := os.ReadFile(v)
		if err != nil {
			r.fault(n, ruleFile, "the file %s cannot be read: %s", shown(v), reasonOf(err))
			return nil, false
		}
		a, err := clientcert.ParseAuthorities(file)
		if err != nil {
			r.fault(n, ruleValue, "%s holds no authorities that can be used: %v", shown(v), err)
			return nil, false
		}
		return a, true
	}}
}

// checkCertificates wants somebody to pass certificates on, where they are needed.
func (r *reader) checkCertificates(n *yaml.Node, c *Config) {
	if c.ClientCertificates != nil && c.TLS == nil && len(c.TrustedProxies) == 0 && r.sound("trustedProxies", "tls") {
		r.fault(r.at("clientCertificates", n), ruleContradiction, "clientCertificates is given, but there are neither trustedProxies to pass any on nor tls")
	}
	if !r.sound("clientCertificates", "clientCertificates.authorities") {
		return
	}
	for i, e := range c.Environments {
		for j, a := range e.Applications {
			path := item(item("environments", i)+".applications", j)
			switch method := a.TokenEndpointAuthMethod; {
			case c.ClientCertificates == nil && (method == tenant.AuthTLS || method == tenant.AuthSelfSigned):
				r.fault(r.at(path+".tokenEndpointAuthMethod", n), ruleContradiction, "%s needs clientCertificates", method).Hint = "say at the top of the file which header the proxy passes certificates on in"
			case c.ClientCertificates == nil && a.TLSClientCertificateBoundAccessTokens:
				r.fault(r.at(path+".tlsClientCertificateBoundAccessTokens", n), ruleContradiction, "certificate-bound access tokens need clientCertificates").Hint = "say at the top of the file which header the proxy passes certificates on in"
			case c.ClientCertificates != nil && c.ClientCertificates.Authorities == nil && method == tenant.AuthTLS:
				r.fault(r.at(path+".tokenEndpointAuthMethod", n), ruleContradiction, "%s needs clientCertificates: authorities", method)
			}
		}
	}
}

// dnsName is a host name, as certificates have it.
var dnsName = regexp.MustCompile(`^(\*\.)?[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$`)

// certificateNames are the settings of which TLS_CLIENT_AUTH needs exactly one.
func certificateNames() []string {
	return []string{"tlsClientAuthSubjectDn", "tlsClientAuthSanDns", "tlsClientAuthSanUri", "tlsClientAuthSanIp", "tlsClientAuthSanEmail"}
}

// tlsFields are how an application proves itself with a certificate.
func tlsFields() []field[tenant.Application] {
	return []field[tenant.Application]{
		at("tlsClientAuthSubjectDn", distinguishedName(), func(a *tenant.Application) *string { return &a.TLSClientAuthSubjectDN },
			"TLS_CLIENT_AUTH: the subject of the application's certificate, such as CN=notes,O=Example,C=DE"),
		at("tlsClientAuthSanDns", that(text("a host name"), dnsName, "as it stands in the certificate"), func(a *tenant.Application) *string { return &a.TLSClientAuthSANDNS },
			"TLS_CLIENT_AUTH: a DNS name in the certificate"),
		at("tlsClientAuthSanUri", starredURI(), func(a *tenant.Application) *string { return &a.TLSClientAuthSANURI }, "TLS_CLIENT_AUTH: an address in the certificate, such as spiffe://example.com/notes"),
		at("tlsClientAuthSanIp", ipAddress(), func(a *tenant.Application) *string { return &a.TLSClientAuthSANIP }, "TLS_CLIENT_AUTH: an IP address in the certificate"),
		at("tlsClientAuthSanEmail", that(text("an email address"), emailAddress, "write it as ada@example.com"), func(a *tenant.Application) *string { return &a.TLSClientAuthSANEmail },
			"TLS_CLIENT_AUTH: an email address in the certificate"),
		at("tlsClientCertificateBoundAccessTokens", flag(), func(a *tenant.Application) *bool { return &a.TLSClientCertificateBoundAccessTokens },
			"every access token is bound to the certificate that the application shows (RFC 8705)").or("false"),
	}
}

func distinguishedName() kind[string] {
	return checked(text("a distinguished name"), func(r *reader, n *yaml.Node, v string) *diag.Diagnostic {
		if _, err := clientcert.ParseName(v); err == nil {
			return nil
		}
		d := r.fault(n, ruleValue, "%s is not a distinguished name", shown(v))
		d.Hint = "openssl x509 -noout -subject -nameopt RFC2253 -in certificate.pem prints it"
		return d
	})
}

func ipAddress() kind[string] {
	return checked(text("an IP address"), func(r *reader, n *yaml.Node, v string) *diag.Diagnostic {
		if address, err := netip.ParseAddr(v); err == nil && address.Zone() == "" {
			return nil
		}
		return r.fault(n, ruleAddress, "%s is not an IP address", shown(v))
	})
}

// checkCertificate looks at how an application proves itself with a certificate.
func (c registration) checkCertificate() {
	if !c.sound(certificateNames()...) || !c.sound("tokenEndpointAuthMethod", "jwks", "jwksUrl", "responseTypes") {
		return
	}
	names := slices.DeleteFunc(certificateNames(), func(key string) bool { return !c.given(key) })
	method := c.a.TokenEndpointAuthMethod
	switch {
	case method == tenant.AuthTLS && len(names) == 0:
		c.r.fault(c.at("tokenEndpointAuthMethod"), ruleMissingKey, "tokenEndpointAuthMethod is %s, but no name in the certificate is given", method).Hint = "give tlsClientAuthSubjectDn or one of the tlsClientAuthSan settings"
	case len(names) > 1:
		// RFC 8705 2.1.2: exactly one of them.
		c.r.fault(c.at(names[1]), ruleContradiction, "both %s and %s are given: one name counts", names[0], names[1])
	case method != tenant.AuthTLS && len(names) == 1:
		c.r.fault(c.at(names[0]), ruleContradiction, "%s is for %s, but tokenEndpointAuthMethod is %s", names[0], tenant.AuthTLS, method)
	case method == tenant.AuthSelfSigned && len(c.a.JWKS) == 0 && c.a.JWKSURL == "":
		c.r.fault(c.at("tokenEndpointAuthMethod"), ruleMissingKey, "tokenEndpointAuthMethod is %s, but there is neither jwks nor jwksUrl", method).Hint = "its certificates stand in the x5c of its keys"
	}
	if c.a.TLSClientCertificateBoundAccessTokens && c.a.AllowsResponse(tenant.ResponseToken) {
		c.r.fault(c.at("responseTypes"), ruleContradiction, "TOKEN brings access tokens by the front channel, where no certificate is shown")
	}
}

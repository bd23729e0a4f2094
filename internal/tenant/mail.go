package tenant

// Mail is how an environment sends e-mail.
type Mail struct {
	Server   string // host:port
	TLS      string // TLSStart (default), TLSImplicit, TLSNone
	Username string // empty: the server wants none
	Password string // never logged
	From     string // an address, with or without a name: Vigil <no-reply@example.com>
}

// How a connection to a mail server is encrypted.
const (
	TLSStart    = "starttls" // RFC 3207, or not at all
	TLSImplicit = "tls"      // RFC 8314 3.3
	TLSNone     = "none"     // to this machine only
)

package templates

import (
	"html/template"
	"net/url"
	"regexp"
	"strings"
)

var (
	// pictureData is a picture that lies in its URL. RFC 2397.
	pictureData = regexp.MustCompile(`^data:image/(?:png|jpeg|gif|webp|avif|svg\+xml);base64,[A-Za-z0-9+/]+=*$`)
	// pictureHost is a host as it may stand in a policy: a name or an address, and a port.
	pictureHost = regexp.MustCompile(`^(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$`)
)

// pictureSource is the address of a picture that a page may show, and the origin that its policy must then allow. Empty: it is none. Origin empty: it comes
// from this host, or lies in the address.
//
// A flow can take the address from elsewhere, such as an answer of another server, so it is looked at here, where it counts.
func pictureSource(text string) (source template.URL, origin string) {
	if text == "" {
		return "", ""
	}
	if pictureData.MatchString(text) {
		return template.URL(text), "" //nolint:gosec // base64 alone
	}
	u, err := url.Parse(text)
	if err != nil || u.User != nil || u.Opaque != "" {
		return "", ""
	}
	switch {
	case u.Scheme == "" && u.Host == "" && strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "//") && !strings.Contains(text, `\`):
		return template.URL(u.String()), "" //nolint:gosec // a path
	case u.Scheme == "https" && pictureHost.MatchString(u.Host):
		return template.URL(u.String()), "https://" + u.Host //nolint:gosec // https
	}
	return "", ""
}

package config

import (
	"net"
	netmail "net/mail"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
	"vigil/internal/outbound"
	"vigil/internal/tenant"
)

var serverAddress = regexp.MustCompile(`^[A-Za-z0-9.-]+:[0-9]{1,5}$|^\[[0-9A-Fa-f:.]+\]:[0-9]{1,5}$`)

// mailFields are how an environment sends e-mail.
func mailFields() []field[tenant.Mail] {
	return []field[tenant.Mail]{
		at("server", checked(that(text("a mail server"), serverAddress, "write it as smtp.example.com:587"), wholePort), func(m *tenant.Mail) *string { return &m.Server },
			"who takes the letters, as host:port").must(),
		at("tls", oneOf(tenant.TLSStart, tenant.TLSImplicit, tenant.TLSNone), func(m *tenant.Mail) *string { return &m.TLS },
			"starttls encrypts after the greeting or sends nothing, tls from the first byte (port 465), none not at all: on this machine only").or(tenant.TLSStart),
		at("username", text("a text"), func(m *tenant.Mail) *string { return &m.Username }, "who signs on at the mail server").orElse("nobody does"),
		at("password", secret(), func(m *tenant.Mail) *string { return &m.Password }, "the password there, as ${NAME} or ${file:PATH}"),
		at("from", checked(text("an e-mail address"), sender), func(m *tenant.Mail) *string { return &m.From },
			"the sender of all letters, such as Vigil <no-reply@example.com>").must(),
	}
}

func wholePort(r *reader, n *yaml.Node, v string) *diag.Diagnostic {
	_, port, err := net.SplitHostPort(v)
	if number, bad := strconv.Atoi(port); err == nil && bad == nil && number > 0 && number < 1<<16 {
		return nil
	}
	d := r.fault(n, ruleValue, "%s has no port from 1 to 65535", shown(v))
	d.Hint = "write it as smtp.example.com:587"
	return d
}

func sender(r *reader, n *yaml.Node, v string) *diag.Diagnostic {
	if _, err := netmail.ParseAddress(v); err == nil {
		return nil
	}
	d := r.fault(n, ruleValue, "%s is not an e-mail address", shown(v))
	d.Hint = "write it as no-reply@example.com, or Vigil <no-reply@example.com>"
	return d
}

// checkMail wants name and password together, and encryption wherever letters leave this machine.
func checkMail(r *reader, n *yaml.Node, path string, m *tenant.Mail) {
	if !r.sound(path+".server", path+".tls", path+".username", path+".password") {
		return
	}
	host, _, _ := net.SplitHostPort(m.Server)
	if m.TLS == tenant.TLSNone && !outbound.IsLocal(host) {
		r.fault(r.at(path+".tls", n), ruleContradiction, "letters would go to %s in the clear", shown(host)).Hint = "tls: none is for a mail server on this machine; write starttls or tls"
	}
	if r.given(path+".username") != r.given(path+".password") {
		r.fault(n, ruleMissingKey, "username and password belong together").Hint = "give both, or none"
	}
}

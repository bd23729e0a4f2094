package samples

import "vigil/engine/connector"

func in(kind connector.Kind) connector.Type { return connector.Type{Kind: kind} }

func maybe(kind connector.Kind) connector.Type { return connector.Type{Kind: kind, Optional: true} }

func field(name string, t connector.Type) connector.Field {
	return connector.Field{Name: name, Type: t}
}

func outcome(name string, outputs ...connector.Field) connector.Outcome {
	return connector.Outcome{Name: name, Outputs: outputs}
}

// Registry makes the registry of the tests.
func Registry() *connector.Registry {
	user, account := field("user", in(connector.User)), field("account", in(connector.Account))
	code := []connector.Field{account, field("code", in(connector.Secret))}
	guess := []connector.Outcome{outcome("success", user), outcome("wrong"), outcome("locked")}
	devices := connector.Type{Kind: connector.List, Elem: &connector.Type{Kind: connector.Device}}
	return connector.NewRegistry(
		connector.Capability{
			Name:     "session.check",
			Inputs:   []connector.Field{field("method", maybe(connector.String)), field("within", maybe(connector.Duration)), field("user", maybe(connector.User))},
			Outcomes: []connector.Outcome{outcome("active", user, field("session", in(connector.Session))), outcome("none")},
		},
		connector.Capability{
			Name: "user.find", Inputs: []connector.Field{field("username", in(connector.String))},
			Outcomes: []connector.Outcome{outcome("found", account), outcome("none")},
		},
		connector.Capability{
			Name: "user.checkPassword", Inputs: []connector.Field{field("username", in(connector.String)), field("password", in(connector.Secret))},
			Outcomes: []connector.Outcome{outcome("success", user), outcome("failure"), outcome("locked"), outcome("mustChange", account)},
			Proves:   "pwd", Guessable: true,
		},
		connector.Capability{
			Name: "user.create",
			Inputs: []connector.Field{
				field("username", in(connector.String)), field("email", in(connector.String)), field("givenName", maybe(connector.String)),
				field("familyName", maybe(connector.String)), field("password", in(connector.Secret)),
			},
			Outcomes: []connector.Outcome{outcome("created", account), outcome("exists", account), outcome("weakPassword", field("reason", in(connector.String)))},
		},
		connector.Capability{
			Name: "email.sendCode", Inputs: []connector.Field{account}, Outcomes: []connector.Outcome{outcome("sent")},
		},
		connector.Capability{
			Name: "email.checkCode", Inputs: code, Outcomes: []connector.Outcome{outcome("success", user), outcome("wrong"), outcome("expired")},
			Proves: "otp", Guessable: true,
		},
		connector.Capability{Name: "totp.check", Inputs: code, Outcomes: guess, Proves: "otp", Guessable: true},
		connector.Capability{
			Name: "devices.list", Inputs: []connector.Field{account},
			Outcomes: []connector.Outcome{outcome("some", field("list", devices)), outcome("none")},
		},
		connector.Capability{
			Name: "push.send", Inputs: []connector.Field{account, field("device", in(connector.Device))},
			Outcomes: []connector.Outcome{outcome("sent", field("challenge", in(connector.Challenge)))},
		},
		connector.Capability{
			Name: "link.create", Inputs: []connector.Field{field("account", maybe(connector.Account)), field("expires", maybe(connector.Duration))},
			Outcomes: []connector.Outcome{outcome("created", field("challenge", in(connector.Challenge)), field("url", in(connector.Secret)))},
			Opens:    &connector.Opens{},
		},
		connector.Capability{
			Name: "deviceCode.check", Inputs: []connector.Field{field("code", in(connector.String))},
			Outcomes:  []connector.Outcome{outcome("found", field("device", in(connector.DeviceRequest))), outcome("wrong"), outcome("locked")},
			Guessable: true,
		},
		connector.Capability{
			Name:     "audit.record",
			Inputs:   []connector.Field{field("event", in(connector.String)), field("account", maybe(connector.Account)), field("text", maybe(connector.String))},
			Outcomes: []connector.Outcome{outcome("done")},
		},
	)
}

package config

import "vigil/internal/tenant"

// hostFields are a server that flows may call.
func hostFields() []field[tenant.HTTPHost] {
	return []field[tenant.HTTPHost]{
		at("origin", origin(), func(h *tenant.HTTPHost) *string { return &h.Origin },
			"the server: https, or http on this machine, and a port where it is not the usual one").must(),
		at("allowPrivateAddresses", flag(), func(h *tenant.HTTPHost) *bool { return &h.AllowPrivateAddresses },
			"whether its name may lead into a private network, or to this machine; addresses that clouds keep secrets at are never called").or("false"),
	}
}

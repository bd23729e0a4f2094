package oidc

// Claims are the standard claims of a person. Empty ones are left out of answers.
//
// OIDC Core 5.1.
type Claims struct {
	Subject             string   `json:"sub"`
	Name                string   `json:"name,omitempty"`
	GivenName           string   `json:"given_name,omitempty"`
	FamilyName          string   `json:"family_name,omitempty"`
	MiddleName          string   `json:"middle_name,omitempty"`
	Nickname            string   `json:"nickname,omitempty"`
	PreferredUsername   string   `json:"preferred_username,omitempty"`
	Profile             string   `json:"profile,omitempty"`
	Picture             string   `json:"picture,omitempty"`
	Website             string   `json:"website,omitempty"`
	Gender              string   `json:"gender,omitempty"`
	Birthdate           string   `json:"birthdate,omitempty"` // YYYY-MM-DD, 0000-MM-DD or YYYY
	Zoneinfo            string   `json:"zoneinfo,omitempty"`
	Locale              string   `json:"locale,omitempty"`     // BCP 47
	UpdatedAt           int64    `json:"updated_at,omitempty"` // Unix seconds
	Email               string   `json:"email,omitempty"`
	EmailVerified       *bool    `json:"email_verified,omitempty"` // nil: not known
	PhoneNumber         string   `json:"phone_number,omitempty"`   // E.164
	PhoneNumberVerified *bool    `json:"phone_number_verified,omitempty"`
	Address             *Address `json:"address,omitempty"`
}

// Address is a postal address.
//
// OIDC Core 5.1.1.
type Address struct {
	Formatted     string `json:"formatted,omitempty"`
	StreetAddress string `json:"street_address,omitempty"`
	Locality      string `json:"locality,omitempty"`
	Region        string `json:"region,omitempty"`
	PostalCode    string `json:"postal_code,omitempty"`
	Country       string `json:"country,omitempty"`
}

// ForScope keeps what the scope lets a client see; the subject always stays.
//
// OIDC Core 5.4.
func (c Claims) ForScope(scope Scope) Claims {
	out := Claims{Subject: c.Subject}
	if scope.Has(ScopeProfile) {
		out = c
		out.Email, out.EmailVerified = "", nil
		out.PhoneNumber, out.PhoneNumberVerified = "", nil
		out.Address = nil
	}
	if scope.Has(ScopeEmail) && c.Email != "" {
		out.Email, out.EmailVerified = c.Email, c.EmailVerified
	}
	if scope.Has(ScopePhone) && c.PhoneNumber != "" {
		out.PhoneNumber, out.PhoneNumberVerified = c.PhoneNumber, c.PhoneNumberVerified
	}
	if scope.Has(ScopeAddress) {
		out.Address = c.Address
	}
	return out
}

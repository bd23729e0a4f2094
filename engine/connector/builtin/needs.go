package builtin

// What an environment must be configured with, as its keys in the configuration are called.
const (
	NeedMail              = "mail"
	NeedHosts             = "httpHosts"
	NeedIdentityProviders = "identityProviders"
)

package builtin

import (
	"context"
	"errors"
	"io"
	"time"

	"vigil/engine/connector"
)

// Ports are what a host lends to the capabilities. A nil port makes the capabilities that need it fail when run, not when declared.
type Ports struct {
	Directory Directory
	Users     Users
	// Agreements is what people agreed to, Habits how they sign on.
	Agreements Agreements
	Habits     Habits
	Audit      Audit
	Links      Links
	Keep       Keep
	// Authenticators is what people registered.
	Authenticators Authenticators
	Mail           Mail
	Guesses        Guesses
	HTTP           HTTP
	// Random is where codes and secrets come from.
	Random io.Reader
	// Secret derives a secret of an environment for a purpose.
	Secret func(environmentID, purpose string) [32]byte
	// Name is what people know an environment by.
	Name      func(environmentID string) string
	Passkeys  Passkeys
	Externals Externals
	Devices   Devices
}

// Directory finds accounts and checks passwords.
type Directory interface {
	// Find looks for a user name or e-mail address in an environment. Nil without an error: nobody.
	Find(ctx context.Context, environmentID, name string) (*connector.AccountValue, error)
	// CheckPassword takes the same time for an unknown name as for a wrong password.
	CheckPassword(ctx context.Context, check PasswordCheck) (PasswordResult, error)
}

// PasswordCheck asks whether a password is somebody's.
type PasswordCheck struct {
	EnvironmentID string
	Username      string
	Password      string
	IP            string // of the browser, for the brake on guessing. Empty: unknown
	Now           time.Time
}

// PasswordAnswer is what a check came to.
type PasswordAnswer string

// The answers, spelled as the outcomes of user.checkPassword.
const (
	PasswordRight      PasswordAnswer = "success"
	PasswordWrong      PasswordAnswer = "failure" // unknown names too
	PasswordLocked     PasswordAnswer = "locked"
	PasswordMustChange PasswordAnswer = "mustChange" // right, and only good for choosing another
)

// PasswordResult is an answer with whom it is about.
type PasswordResult struct {
	Answer  PasswordAnswer
	Account *connector.AccountValue // set for PasswordRight and PasswordMustChange
}

// Audit keeps what happened.
type Audit interface {
	Record(ctx context.Context, event AuditEvent) error
}

// AuditEvent is one line of the trail.
type AuditEvent struct {
	EnvironmentID string
	RunID         string
	Flow, Node    string
	Event         string
	AccountID     string // empty: about nobody
	Text          string // empty: none
	ClientID, IP  string
	At            time.Time
}

var errNoPort = errors.New("this host has no such port")

// All gives every capability that ships.
func All(ports Ports) []connector.Capability {
	return []connector.Capability{
		sessionCheck(),
		userFind(ports.Directory),
		userCheckPassword(ports.Directory, ports.Keep),
		userChangePassword(ports.Users, ports.Keep),
		userCreate(ports.Users),
		userUpdate(ports.Users),
		userJoinGroup(ports.Users),
		userLeaveGroup(ports.Users),
		userSetPassword(ports.Users),
		userCheckPolicy(ports.Users),
		userEnable(ports.Users),
		userDisable(ports.Users),
		userDelete(ports.Users),
		sessionSet(),
		sessionEnd(),
		consentCheck(ports.Agreements),
		consentGrant(ports.Agreements),
		agreementCheck(ports.Agreements),
		agreementAccept(ports.Agreements),
		deviceRemember(ports.Authenticators),
		deviceRecognise(ports.Authenticators),
		riskEvaluate(ports.Habits),
		riskLearn(ports.Habits),
		challengeCreate(ports.Keep),
		challengeCheck(ports.Keep),
		auditRecord(ports.Audit),
		linkCreate(ports.Links),
		emailSend(ports.Mail),
		emailSendCode(ports),
		emailCheckCode(ports),
		emailSendLink(ports.Mail, ports.Links, ports.Directory),
		totpEnrol(ports),
		totpActivate(ports),
		totpCheck(ports),
		recoveryCreate(ports),
		recoveryCheck(ports),
		devicesList(ports.Authenticators),
		devicesRemove(ports.Authenticators),
		httpRequest(ports.HTTP),
		passkeyCheck(ports.Passkeys),
		passkeyRegister(ports),
		externalSignOn(ports.Externals, ports.Keep),
		externalLink(ports.Externals, ports.Keep),
		externalRegister(ports.Externals, ports.Keep),
		deviceCodeCheck(ports.Devices),
		deviceCodeDeny(ports.Devices),
	}
}

// optional makes a type that may be absent.
func optional(kind connector.Kind) connector.Type { return connector.Type{Kind: kind, Optional: true} }

// required makes a type that may not.
func required(kind connector.Kind) connector.Type { return connector.Type{Kind: kind} }

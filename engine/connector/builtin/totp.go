package builtin

import (
	"context"
	"encoding/base32"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"vigil/engine/connector"
)

// The parameters that every authenticator app knows. RFC 6238 4, 5.2: steps of thirty seconds, and one step before and after is tolerated.
const (
	totpStep   = 30 // seconds
	totpSkew   = 1  // steps
	totpSecret = 20 // bytes. RFC 4226 4, R6: at least 16, 20 recommended
	methodOTP  = "otp"
)

var keyText = base32.StdEncoding.WithPadding(base32.NoPadding)

func totpEnrol(ports Ports) connector.Capability {
	return connector.Capability{
		Name: "totp.enrol",
		Doc:  "Makes the secret for an authenticator app. It counts for nothing until totp.activate has seen a code of it.",
		Inputs: []connector.Field{
			{Name: "user", Type: required(connector.User), Doc: "Whose app it will be."},
		},
		Outcomes: []connector.Outcome{
			{Name: "made", Doc: "There is a secret.", Outputs: []connector.Field{
				{Name: "uri", Type: required(connector.Secret), Doc: "What the app scans: for qr of a form."},
				{Name: "key", Type: required(connector.Secret), Doc: "The same to be typed: for show of a form, and for totp.activate."},
			}},
			proveFirst(),
			{Name: "tooMany", Doc: "The user has as many authenticators as anybody may have."},
		},
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			user, _ := call.Inputs["user"].(connector.UserValue)
			if outcome, err := mayAdd(ctx, ports, call, user); err != nil || outcome != "" {
				return connector.Result{Outcome: outcome}, err
			}
			secret := make([]byte, totpSecret)
			if _, err := io.ReadFull(ports.Random, secret); err != nil {
				return connector.Result{}, err
			}
			return connector.Result{Outcome: "made", Output: map[string]any{
				"uri": connector.NewSecret(totpURI(ports.name(call.EnvironmentID), user.Username, secret)),
				"key": connector.NewSecret(grouped(keyText.EncodeToString(secret), 4)),
			}}, nil
		},
	}
}

// name is what people know the environment by.
func (p Ports) name(environmentID string) string {
	if p.Name != nil {
		if name := p.Name(environmentID); name != "" {
			return name
		}
	}
	return environmentID
}

// totpURI is what apps scan, as Google's Key URI Format has it.
func totpURI(issuer, username string, secret []byte) string {
	issuer = strings.ReplaceAll(issuer, ":", " ")
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + username}
	q := url.Values{"secret": {keyText.EncodeToString(secret)}, "issuer": {issuer}}
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	return u.String()
}

// grouped puts a space behind every n letters.
func grouped(text string, n int) string {
	var groups []string
	for chunk := range slices.Chunk([]byte(text), n) {
		groups = append(groups, string(chunk))
	}
	return strings.Join(groups, " ")
}

func totpActivate(ports Ports) connector.Capability {
	return connector.Capability{
		Name: "totp.activate",
		Doc:  "Registers an authenticator app, once it has shown a code of its secret. That code is used up.",
		Inputs: []connector.Field{
			{Name: "user", Type: required(connector.User), Doc: "Whose app it is."},
			{Name: "key", Type: required(connector.Secret), Doc: "What totp.enrol made."},
			{Name: "code", Type: required(connector.Secret), Doc: "What was typed."},
			{Name: "name", Type: optional(connector.String), Doc: "What its owner calls it. Left out: Authenticator app."},
		},
		Outcomes: []connector.Outcome{
			{Name: "success", Doc: "The app is registered, and proved.", Outputs: []connector.Field{
				{Name: "user", Type: required(connector.User), Doc: "Whose app it is."},
			}},
			{Name: "wrong", Doc: "It is not the code."},
			proveFirst(),
			{Name: "tooMany", Doc: "The user has as many authenticators as anybody may have."},
		},
		Proves:    methodOTP, // RFC 8176 2: a one-time password as of RFC 6238
		Guessable: true,
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			user, _ := call.Inputs["user"].(connector.UserValue)
			if outcome, err := mayAdd(ctx, ports, call, user); err != nil || outcome != "" {
				return connector.Result{Outcome: outcome}, err
			}
			key, _ := call.Inputs["key"].(connector.SecretValue)
			secret, err := keyText.DecodeString(strings.ReplaceAll(key.Reveal(), " ", ""))
			if err != nil || len(secret) != totpSecret {
				return connector.Result{}, errors.New("the key is none of totp.enrol")
			}
			step := matching(secret, typedCode(call), 0, call.Now)
			if step == 0 {
				return connector.Result{Outcome: "wrong"}, nil
			}
			name := plain(call.Inputs, "name")
			if name == "" {
				name = "Authenticator app"
			}
			_, err = ports.Authenticators.Add(ctx, call.EnvironmentID, user.ID, Authenticator{Kind: KindTOTP, Name: name, Counter: step, Data: secret})
			if errors.Is(err, ErrTooMany) {
				return connector.Result{Outcome: "tooMany"}, nil
			}
			return proved(user.AccountValue, methodOTP, call.Now), err
		},
	}
}

func totpCheck(ports Ports) connector.Capability {
	return connector.Capability{
		Name: "totp.check",
		Doc:  "Checks the code of an authenticator app, and makes its owner a user. A code is good once, and for half a minute more than the app shows it.",
		Inputs: []connector.Field{
			{Name: "account", Type: required(connector.Account), Doc: "Whose app it is."},
			{Name: "code", Type: required(connector.Secret), Doc: "What was typed."},
		},
		Outcomes:  checked("The code is right.", "It is not the code, it was used before, or the account has no app."),
		Proves:    methodOTP, // RFC 8176 2
		Guessable: true,
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			return checkOwned(ctx, ports, call, KindTOTP, func(a *Authenticator) error {
				step := matching(a.Data, typedCode(call), a.Counter, call.Now)
				if step == 0 {
					return errWrong
				}
				// RFC 6238 5.2: the verifier must not accept the second attempt of the OTP.
				a.Counter, a.LastUsedAt = step, call.Now
				return nil
			})
		},
	}
}

// checked are the outcomes of what checks something that an account holds.
func checked(right, wrong string, more ...connector.Field) []connector.Outcome {
	return []connector.Outcome{
		{Name: "success", Doc: right, Outputs: append([]connector.Field{{Name: "user", Type: required(connector.User), Doc: "Whose it is."}}, more...)},
		{Name: "wrong", Doc: wrong},
		{Name: "locked", Doc: "Too many were wrong for this account lately; this one was not looked at."},
	}
}

func typedCode(call connector.Call) string {
	typed, _ := call.Inputs["code"].(connector.SecretValue)
	return strings.Join(strings.Fields(typed.Reveal()), "")
}

// matching is the step whose code was typed, if it is later than the last one that was used. Zero: none. All are compared, whichever fits.
func matching(secret []byte, code string, last uint64, now time.Time) (step uint64) {
	text, present := keyText.EncodeToString(secret), now.Unix()/totpStep
	for s := max(present-totpSkew, 1); s <= present+totpSkew; s++ {
		right, err := hotp.ValidateCustom(code, uint64(s), text, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && right && uint64(s) > last {
			step = uint64(s)
		}
	}
	return step
}

// TOTP gives the code that an app with a secret shows at a moment. Tests of flows type it.
func TOTP(secret []byte, now time.Time) (string, error) {
	return hotp.GenerateCodeCustom(keyText.EncodeToString(secret), uint64(max(now.Unix(), 0)/totpStep), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
}

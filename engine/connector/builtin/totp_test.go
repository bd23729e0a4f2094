package builtin_test

import (
	"encoding/base32"
	"net/url"
	"strings"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
)

// enrol registers an app for ada and gives its secret.
func (c *cupboard) enrol() []byte {
	c.t.Helper()
	made := c.ask("totp.enrol", map[string]any{"user": c.user()})
	if made.Outcome != "made" {
		c.t.Fatalf("enrolling came to %s", made.Outcome)
	}
	key := made.Output["key"].(connector.SecretValue)
	uri, err := url.Parse(made.Output["uri"].(connector.SecretValue).Reveal())
	if err != nil || uri.Query().Get("secret") != strings.ReplaceAll(key.Reveal(), " ", "") || uri.Path != "/Vigil  Home:ada" || uri.Query().Get("issuer") != "Vigil  Home" {
		c.t.Fatalf("the address for the app is %v, %v", uri, err)
	}
	if len(c.owned) > 0 {
		c.t.Fatal("an app counts before it has shown a code")
	}
	activate := func(code string) connector.Result {
		return c.ask("totp.activate", map[string]any{"user": c.user(), "key": key, "code": secret(code)})
	}
	c.outcome(activate("12345"), "wrong", "")
	data, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(uri.Query().Get("secret"))
	if err != nil {
		c.t.Fatal(err)
	}
	c.outcome(activate(c.app(data)), "success", "otp")
	return data
}

func (c *cupboard) app(secret []byte) string {
	c.t.Helper()
	code, err := builtin.TOTP(secret, c.now)
	if err != nil {
		c.t.Fatal(err)
	}
	return code
}

// RFC 6238 appendix B: the last six digits of its eight, for SHA-1.
func TestCodesAreThoseOfRFC6238(t *testing.T) {
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"} {
		if code, err := builtin.TOTP([]byte("12345678901234567890"), time.Unix(at, 0)); err != nil || code != want {
			t.Errorf("at %d: %s, %v, wanted %s", at, code, err, want)
		}
	}
}

func TestACodeOfAnAppIsGoodOnceAndForOneStepBeforeAndAfter(t *testing.T) {
	c := newCupboard(t)
	data := c.enrol()
	check := func(code string) connector.Result {
		return c.ask("totp.check", map[string]any{"account": c.ada, "code": secret(code)})
	}
	c.outcome(check(c.app(data)), "wrong", "") // activating has used it up
	c.now = c.now.Add(30 * time.Second)
	old := c.app(data)
	c.now = c.now.Add(30 * time.Second)
	c.outcome(check(old), "success", "otp")
	c.outcome(check(old), "wrong", "")
	c.now = c.now.Add(30 * time.Second)
	next := c.app(data)
	c.now = c.now.Add(-30 * time.Second)
	c.outcome(check(next), "success", "otp") // its clock is ahead
	c.outcome(check(c.app(data)), "wrong", "")
	c.now = c.now.Add(30 * time.Second)
	late := c.app(data)
	c.now = c.now.Add(60 * time.Second)
	c.outcome(check(late), "wrong", "")

	c.now = c.now.Add(time.Minute)
	for c.wrong["totp1"] < 10 {
		c.outcome(check("00000"), "wrong", "")
	}
	c.outcome(check(c.app(data)), "locked", "")
	bob := connector.AccountValue{ID: "2", Username: "bob", Enabled: true}
	c.outcome(c.ask("totp.check", map[string]any{"account": bob, "code": secret(c.app(data))}), "wrong", "")
}

func TestOfADisabledAccountNoCodeIsRight(t *testing.T) {
	c := newCupboard(t)
	data := c.enrol()
	c.now, c.ada.Enabled = c.now.Add(time.Minute), false
	c.outcome(c.ask("totp.check", map[string]any{"account": c.ada, "code": secret(c.app(data))}), "wrong", "")
}

func TestWhoHasASecondFactorMustUseItToChangeWhatProvesThem(t *testing.T) {
	c := newCupboard(t)
	c.enrol()
	device := map[string]any{"id": "0"}
	asks := map[string]map[string]any{
		"totp.enrol": {"user": c.user()}, "recovery.create": {"user": c.user()}, "devices.remove": {"user": c.user(), "device": device},
		"totp.activate": {"user": c.user(), "key": secret("x"), "code": secret("123456")},
	}
	pwd := connector.Proof{AccountID: "1", Method: "pwd", At: c.now}
	otp := connector.Proof{AccountID: "1", Method: "otp", At: c.now.Add(-16 * time.Minute)}
	bobs := connector.Proof{AccountID: "2", Method: "otp", At: c.now}
	c.proofs, c.session = []connector.Proof{pwd, bobs}, &connector.SessionValue{Proofs: []connector.Proof{otp}}
	for name, inputs := range asks {
		if result := c.ask(name, inputs); result.Outcome != "proveFirst" {
			t.Errorf("%s by somebody with a password alone came to %s", name, result.Outcome)
		}
	}
	otp.At = c.now.Add(-14 * time.Minute)
	c.session.Proofs[0] = otp
	if result := c.ask("totp.enrol", asks["totp.enrol"]); result.Outcome != "made" {
		t.Errorf("with a code of a moment ago: %s", result.Outcome)
	}
	c.session, c.proofs = nil, []connector.Proof{{AccountID: "1", Method: "otp", At: c.now}}
	if result := c.ask("devices.remove", asks["devices.remove"]); result.Outcome != "removed" || len(c.owned) > 0 {
		t.Errorf("with a code of this run: %s", result.Outcome)
	}
}

func TestARecoveryCodeIsGoodOnceAndNewOnesTakeThePlaceOfTheOld(t *testing.T) {
	c := newCupboard(t)
	create := func() []string {
		made := c.ask("recovery.create", map[string]any{"user": c.user()})
		if made.Outcome != "made" {
			t.Fatal(made.Outcome)
		}
		return strings.Split(made.Output["codes"].(connector.SecretValue).Reveal(), "\n")
	}
	check := func(code string) connector.Result {
		return c.ask("recovery.check", map[string]any{"account": c.ada, "code": secret(code)})
	}
	c.outcome(check("1111-2222-3333"), "wrong", "") // there are none yet
	codes := create()
	seen := map[string]bool{}
	for _, code := range codes {
		seen[code] = true
		if strings.Contains(string(c.owned[0].Data), strings.ReplaceAll(code, "-", "")) {
			t.Error("a code is kept")
		}
	}
	if len(seen) != 10 {
		t.Errorf("%d different codes", len(seen))
	}
	result := check(codes[3])
	c.outcome(result, "success", "otp")
	if result.Output["left"] != 9.0 {
		t.Errorf("left are %v", result.Output["left"])
	}
	c.outcome(check(codes[3]), "wrong", "")
	c.outcome(check(strings.ReplaceAll(codes[0], "-", " ")), "success", "otp")
	fresh := create()
	if len(c.owned) != 1 {
		t.Errorf("%d sets of codes", len(c.owned))
	}
	c.outcome(check(codes[5]), "wrong", "")
	c.outcome(check(fresh[5]), "success", "otp")
}

func TestDevicesAreListedWithoutWhatTheyRemember(t *testing.T) {
	c := newCupboard(t)
	list := func(inputs map[string]any) []any {
		devices, _ := c.ask("devices.list", inputs).Output["list"].([]any)
		return devices
	}
	if len(list(map[string]any{"account": c.ada})) > 0 {
		t.Error("there are some from the start")
	}
	c.enrol()
	all := list(map[string]any{"account": c.ada})
	if len(all) != 1 || len(list(map[string]any{"account": c.ada, "kind": builtin.KindPasskey})) > 0 {
		t.Fatalf("listed are %v", all)
	}
	device := all[0].(map[string]any)
	if device["kind"] != "totp" || device["name"] != "Authenticator app" || device["data"] != nil {
		t.Errorf("a device is %v", device)
	}
}

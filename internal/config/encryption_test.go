package config_test

import (
	"os"
	"strings"
	"testing"

	"vigil/internal/config"
	"vigil/internal/tenant"
)

func TestWhatIsEncryptedNeedsAKeyThatFits(t *testing.T) {
	const (
		curve  = `{"kty": "EC", "crv": "P-256", "use": "enc", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}`
		edward = `{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	)
	for settings, want := range map[string]string{
		"idTokenEncryptedResponseAlg: ECDH-ES, jwks: {keys: [" + curve + "]}":                    "",
		"userinfoEncryptedResponseAlg: RSA-OAEP-256, jwksUrl: https://app.example.com/jwks":      "",
		"idTokenEncryptedResponseAlg: ECDH-ES":                                                   "missing-key",
		"idTokenEncryptedResponseEnc: A128GCM":                                                   "missing-key",
		"idTokenEncryptedResponseAlg: RSA-OAEP-256, jwks: {keys: [" + curve + "]}":               "contradiction",
		"idTokenEncryptedResponseAlg: ECDH-ES, jwks: {keys: [" + edward + "]}":                   "contradiction",
		"authorizationEncryptedResponseAlg: RSA1_5":                                              "value",
		"introspectionEncryptedResponseAlg: dir":                                                 "value",
		"type: WEB_APP, tokenEndpointAuthMethod: PRIVATE_KEY_JWT, jwks: {keys: [" + curve + "]}": "contradiction",
	} {
		if !strings.Contains(settings, "type:") {
			settings = "type: SINGLE_PAGE_APP, " + settings
		}
		text := "environments:\n- id: one\n  hosts: [https://sso.example.com]\n  applications:\n  - {clientId: app, redirectUris: [https://app.example.com/], " + settings + "}\n"
		c, found := config.Parse("vigil.yaml", []byte(text), os.LookupEnv)
		if said := spell(found); (c == nil) != (want != "") || !strings.Contains(said, want) {
			t.Errorf("%s: wanted %q, said %s", settings, want, said)
		}
	}
}

func TestContentIsEncryptedInTheUsualWayUnlessAnApplicationSaysOtherwise(t *testing.T) {
	if e := (tenant.Encryption{Alg: "ECDH-ES"}); e.Content() != "A128CBC-HS256" || !e.Wanted() {
		t.Errorf("%+v", e)
	}
}

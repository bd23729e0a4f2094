package interop

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"vigil/internal/registration"
)

// What the applications of the Node programs and of go-oidc are registered with.
const (
	redirectURI = "https://rp.example.com/callback"
	byeURI      = "https://rp.example.com/bye"
	secret      = "a secret of more than thirty-two bytes, as HS256 wants"
)

// relyingParties are the applications of libraries that run in no browser. The first %[1]s is the key set of all of them.
const relyingParties = `
  - {clientId: web, type: WEB_APP, clientSecret: %[2]q, %[3]s, jwks: '%[1]s'}
  - {clientId: post, type: WEB_APP, clientSecret: %[2]q, tokenEndpointAuthMethod: CLIENT_SECRET_POST, idTokenSigningAlg: RS256, %[3]s}
  - {clientId: shared, type: WEB_APP, clientSecret: %[2]q, tokenEndpointAuthMethod: CLIENT_SECRET_JWT, idTokenSigningAlg: PS256, %[3]s}
  - {clientId: keyed, type: WEB_APP, tokenEndpointAuthMethod: PRIVATE_KEY_JWT, idTokenSigningAlg: EdDSA, userinfoSignedResponseAlg: EdDSA,
     parRequirement: REQUIRED, requireSignedRequestObject: true, dpopBoundAccessTokens: true, dpopNonceRequired: true, jwks: '%[1]s', %[3]s}
  - {clientId: signed, type: WEB_APP, tokenEndpointAuthMethod: PRIVATE_KEY_JWT, jwks: '%[1]s', %[3]s}
  - {clientId: strict, type: WEB_APP, clientSecret: %[2]q, refreshTokenRollingGracePeriodDuration: 0, %[3]s}
  - {clientId: opaque, type: WEB_APP, clientSecret: %[2]q, accessTokenFormat: OPAQUE, %[3]s}
  - {clientId: signing, type: WEB_APP, clientSecret: %[2]q, userinfoSignedResponseAlg: PS256, %[3]s}
  - {clientId: sealed, type: WEB_APP, clientSecret: %[2]q, idTokenEncryptedResponseAlg: ECDH-ES+A256KW, idTokenEncryptedResponseEnc: A256GCM,
     userinfoSignedResponseAlg: ES256, userinfoEncryptedResponseAlg: ECDH-ES, authorizationEncryptedResponseAlg: ECDH-ES+A128KW,
     introspectionEncryptedResponseAlg: RSA-OAEP-256, jwks: '%[1]s', %[3]s}
  - {clientId: vault, type: WEB_APP, clientSecret: %[2]q, idTokenEncryptedResponseAlg: RSA-OAEP-256, userinfoSignedResponseAlg: RS256,
     userinfoEncryptedResponseAlg: RSA-OAEP-256, jwks: '%[1]s', %[3]s}
  - {clientId: public, type: SINGLE_PAGE_APP, redirectUris: [%[4]q], scopes: [openid, profile, email, offline_access]}
  - {clientId: tv, type: NATIVE_APP, grantTypes: [DEVICE_CODE, REFRESH_TOKEN], devicePollingInterval: 1s, scopes: [openid, profile, email]}`

const usual = `redirectUris: [%q], postLogoutRedirectUris: [%q], scopes: [openid, profile, email, offline_access, read],
     grantTypes: [AUTHORIZATION_CODE, IMPLICIT, REFRESH_TOKEN, CLIENT_CREDENTIALS, TOKEN_EXCHANGE], responseTypes: [CODE, ID_TOKEN, TOKEN]`

// newRelyingWorld is a provider on 127.0.0.1 with those applications, and what a Node program has to know of it.
func newRelyingWorld(t *testing.T) (w *world, settings string) {
	t.Helper()
	elliptic256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	modulus, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, private := jose.JSONWebKeySet{}, map[string]any{}
	for kid, key := range map[string]crypto.Signer{"ECDH": curve, "RSA-OAEP": modulus} {
		public.Keys = append(public.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: kid, Use: "enc"})
		private[kid] = map[string]any{"key": jose.JSONWebKey{Key: key}, "kid": kid}
	}
	for alg, key := range map[string]crypto.Signer{"ES256": elliptic256, "EdDSA": edwards} {
		public.Keys = append(public.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: alg, Algorithm: alg, Use: "sig"})
		private[alg] = map[string]any{"key": jose.JSONWebKey{Key: key}, "kid": alg}
	}
	set, err := json.Marshal(public)
	if err != nil {
		t.Fatal(err)
	}
	w = newServer(t, provider{host: "127.0.0.1", environment: "  registration: {consent: NONE}\n  am: {realms: [{name: /alpha}]}", applications: fmt.Sprintf(relyingParties, set, secret, fmt.Sprintf(usual, redirectURI, byeURI), redirectURI)})
	_, initial, err := w.server.Clients.Mint(t.Context(), "test", registration.InitialToken{Name: "libraries", Expires: time.Now().Add(time.Hour), Left: -1})
	if err != nil {
		t.Fatal(err)
	}
	told, err := json.Marshal(map[string]any{
		"issuer": w.origin + "/as", "am": w.origin + "/am/oauth2/realms/root/realms/alpha", "redirect": redirectURI, "bye": byeURI, "secret": secret, "keys": private, "initialToken": initial,
		"answers": map[string]string{"username": "ada", "password": "correct horse ada"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w, string(told)
}

// inOne makes a Node program and its libraries one module. Those that require modules of the new kind ask for a younger Node.js than Debian 12 has.
func inOne(t *testing.T, name string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "program.mjs")
	build := exec.Command("node", "node_modules/esbuild/bin/esbuild", "node/"+name, "--bundle", "--platform=node", "--format=esm", "--log-level=warning", "--outfile="+path,
		"--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the foreign clients are not installed: run `make deps`: %v\n%s", err, out)
	}
	return path
}

// program runs a Node program of checks, and makes a test of every check.
func program(t *testing.T, path, settings string, environment ...string) {
	t.Helper()
	name := filepath.Base(path)
	node := exec.CommandContext(t.Context(), "node", "--no-warnings", path, settings)
	node.Env = append(os.Environ(), environment...)
	var stderr bytes.Buffer
	node.Stderr = &stderr
	out, err := node.Output()
	if err != nil {
		t.Errorf("node %s: %v\n%s", name, err, &stderr)
	}
	done := false
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var told struct {
			Name, Error string
			Done        bool
		}
		if err := json.Unmarshal(lines.Bytes(), &told); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		if done = done || told.Done; told.Done {
			continue
		}
		t.Run(strings.ReplaceAll(told.Name, "/", " "), func(t *testing.T) {
			if told.Error != "" {
				t.Error(told.Error)
			}
		})
	}
	if !done {
		t.Errorf("node %s did not come to its end", name)
	}
}

func TestApplicationsWithOpenIDClient(t *testing.T) {
	t.Parallel()
	_, settings := newRelyingWorld(t)
	program(t, "node/openid-client.js", settings)
}

func TestApplicationsWithOAuth4WebAPI(t *testing.T) {
	t.Parallel()
	_, settings := newRelyingWorld(t)
	program(t, "node/oauth4webapi.js", settings)
}

func TestApplicationsWithOpenIDClientThatWereWrittenForAM(t *testing.T) {
	t.Parallel()
	_, settings := newRelyingWorld(t)
	program(t, "node/am.js", settings)
}

func TestApplicationsWithAuthJS(t *testing.T) {
	t.Parallel()
	_, settings := newRelyingWorld(t)
	program(t, "node/authjs.js", settings)
}

func TestApplicationsWithExpressOpenIDConnect(t *testing.T) {
	t.Parallel()
	_, settings := newRelyingWorld(t)
	program(t, inOne(t, "express.js"), settings)
}

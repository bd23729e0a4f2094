package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"

	"github.com/gorilla/securecookie"
	"github.com/labstack/echo/v4"

	"vigil/iframe"
	"vigil/internal/config"
	"vigil/internal/password"
	"vigil/internal/server"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
)

const configuration = `data: data
flows: flows
environments:
- id: bench
  name: Bench
  hosts: [https://sso.example.com]
  defaultFlow: sign-on
  users:
%s  applications:
  - clientId: spa
    name: Bench
    type: SINGLE_PAGE_APP
    tokenEndpointAuthMethod: NONE
    opSessionCheckEnabled: true
    redirectUris: [https://spa.example.com/callback]
    postLogoutRedirectUris: [https://spa.example.com/bye]
    grantTypes: [AUTHORIZATION_CODE]
    responseTypes: [CODE]
  - clientId: web
    name: Refreshing
    type: WEB_APP
    tokenEndpointAuthMethod: CLIENT_SECRET_POST
    clientSecret: a secret of the bench's
    redirectUris: [https://spa.example.com/callback]
    grantTypes: [AUTHORIZATION_CODE, REFRESH_TOKEN]
    scopes: [openid, offline_access]
`

const flow = `flow: sign-on
title: Sign on
start: credentials
nodes:
  credentials:
    form:
      title: Sign on
      fields:
        - {name: username, type: text, label: User name}
        - {name: password, type: password, label: Password, required: false}
      buttons: [{name: signOn, label: Sign on}, {name: again, label: Again, kind: link}]
    then: {signOn: verify, again: again}
  again:
    choose:
      - {when: = request.clientId == 'nobody', to: denied}
      - {to: credentials, message: Once more.}
  verify:
    do: user.checkPassword
    with: {username: = credentials.username, password: = credentials.password}
    limit: 10
    then: {success: done, failure: credentials, locked: denied, mustChange: denied, exhausted: denied}
  denied: {end: error, with: {code: access_denied}}
  done: {end: success, with: {user: = verify.user, idleTimeout: 30m}}
`

// serveVigil is the whole provider on a bbolt file, with the cheapest password hash.
func serveVigil(out io.Writer, in io.Reader) error {
	folder, err := os.MkdirTemp("", "vigil-bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	users := ""
	for i := range connections {
		users += fmt.Sprintf("  - {username: user%d, password: correct horse %d}\n", i, i)
	}
	if err := os.MkdirAll(filepath.Join(folder, "flows"), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "flows", "sign-on.yaml"), []byte(flow), 0o600); err != nil {
		return err
	}
	cfg, diagnostics := config.Parse(filepath.Join(folder, "vigil.yaml"), []byte(fmt.Sprintf(configuration, users)), os.LookupEnv)
	if cfg == nil {
		return fmt.Errorf("configuration: %v", diagnostics)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	server.EaseCollector()
	// Everybody comes from one address here, and nobody finishes a sign-on whose steps are counted.
	s, err := server.New(ctx, server.Options{Config: cfg, Passwords: password.Cheapest(), MaxPending: math.MaxInt32})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	go s.Worker.Run(ctx)
	return serve(out, in, s)
}

// serveFloor does the unavoidable part of each kind of work in a bare Echo handler.
func serveFloor(out io.Writer, in io.Reader) error {
	e := echo.New()
	codec := securecookie.New(make([]byte, 32), nil)
	codec.SetSerializer(securecookie.NopEncoder{})
	codec.MaxAge(0)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte("claims"))
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		return err
	}
	sealed, err := codec.Encode("ST", make([]byte, 38))
	if err != nil {
		return err
	}
	page, _, _ := iframe.Page(iframe.PageConfig{})
	e.GET("/cookie", func(c echo.Context) error {
		c.SetCookie(&http.Cookie{Name: "ST", Value: sealed, Path: "/"})
		return c.NoContent(http.StatusNoContent)
	})
	e.GET("/redirect", func(c echo.Context) error {
		cookie, err := c.Cookie("ST")
		if err != nil {
			return err
		}
		var id []byte
		if err := codec.Decode("ST", cookie.Value, &id); err != nil {
			return err
		}
		return c.Redirect(http.StatusFound, "https://spa.example.com/callback?code=x&state=st")
	})
	e.POST("/token", func(c echo.Context) error {
		for range 2 {
			if _, err := ecdsa.SignASN1(rand.Reader, key, digest[:]); err != nil {
				return err
			}
		}
		return c.JSON(http.StatusOK, map[string]any{"access_token": "x", "id_token": "y", "token_type": "Bearer", "expires_in": 3600})
	})
	e.GET("/verify", func(c echo.Context) error {
		if !ecdsa.VerifyASN1(&key.PublicKey, digest[:], signature) {
			return echo.ErrBadRequest
		}
		return c.Redirect(http.StatusFound, "https://spa.example.com/bye")
	})
	e.GET("/page", func(c echo.Context) error { return c.HTMLBlob(http.StatusOK, page) })
	e.POST("/page", func(c echo.Context) error { return c.HTMLBlob(http.StatusOK, page) })
	stop, err := keep(e, page)
	if err != nil {
		return err
	}
	defer stop()
	return serve(out, in, e)
}

// keep adds a page that is sent once the store keeps a record as large as a run, as it keeps runs.
func keep(e *echo.Echo, page []byte) (stop func(), err error) {
	folder, err := os.MkdirTemp("", "vigil-bench-floor")
	if err != nil {
		return nil, err
	}
	bucket := kv.Bucket{Name: "page", Kind: kv.Ordered, Relaxed: true}
	store, err := bolt.Open(filepath.Join(folder, "floor.db"), []kv.Bucket{bucket}, bolt.Options{})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	record := make([]byte, 1200)
	e.POST("/kept", func(c echo.Context) error {
		key := []byte(c.Request().RemoteAddr)
		err := store.Update(c.Request().Context(), func(tx kv.Tx) error { return tx.Put(bucket, key, record) })
		if err != nil {
			return err
		}
		return c.HTMLBlob(http.StatusOK, page)
	})
	return func() {
		_ = store.Close()
		_ = os.RemoveAll(folder)
	}, nil
}

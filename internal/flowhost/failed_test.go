package flowhost_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"vigil/engine/connector"
	"vigil/internal/fixture"
)

func TestTheLogNamesTheFlowThatFailedAndWhere(t *testing.T) {
	s := openStudioWith(t, map[string]string{"sign-on": fixture.SignOn("idleTimeout: 30m")}, insteadOf("user.checkPassword", func(func() (connector.Result, error)) (connector.Result, error) {
		return connector.Result{}, errors.New("the directory is down")
	}))
	var said bytes.Buffer
	s.log = slog.New(slog.NewTextHandler(&said, nil))
	s.again()
	s.browser().visit(http.MethodGet, authorize, nil).press("signOn", "username", "ada", "password", "correct horse").returned("error=server_error")
	if !strings.Contains(said.String(), `msg="flow failed" flow=sign-on node=verify cause=`) {
		t.Errorf("the log says\n%s", said.String())
	}
}

package web_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vigil/internal/tenant"
	"vigil/internal/web"
	"vigil/templates"
)

func TestAPageThatCannotBeRenderedGivesWayToTheErrorPage(t *testing.T) {
	r := router(t, &strings.Builder{})
	broken := true
	r.GET("/page", func(w http.ResponseWriter, _ *http.Request, _ tenant.Base) error {
		return web.Show(w, http.StatusOK, templates.FormPolicy, func(out io.Writer) error {
			if broken {
				return errors.New("the template is broken")
			}
			for _, part := range []string{"<p>", "whole"} {
				if _, err := io.WriteString(out, part); err != nil {
					return err
				}
			}
			return nil
		})
	})
	ask := func() *httptest.ResponseRecorder {
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "https://sso.example.com/page", http.NoBody))
		return answer
	}
	if answer := ask(); answer.Code != http.StatusInternalServerError || !strings.Contains(answer.Body.String(), "Something went wrong") {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
	broken = false
	if answer := ask(); answer.Code != http.StatusOK || answer.Body.String() != "<p>whole" || answer.Header().Get("Content-Security-Policy") != templates.FormPolicy {
		t.Errorf("%d %v %s", answer.Code, answer.Header(), answer.Body)
	}
}

func TestAnswersOfFormsAreReadFromTheirBodyAlone(t *testing.T) {
	for _, c := range []struct {
		body string
		want bool
	}{{"answer=body", true}, {"answer=" + strings.Repeat("x", 100), false}, {"answer=%zz", false}} {
		r := httptest.NewRequest(http.MethodPost, "https://sso.example.com/signon/?flowId=1&answer=address&other=address", strings.NewReader(c.body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		err := web.PostForm(httptest.NewRecorder(), r, 50)
		if read := fmt.Sprint(r.PostForm) == "map[answer:[body]]"; (err == nil) != c.want || read != c.want || r.Form != nil {
			t.Errorf("%q: %v %v %v", c.body, r.PostForm, r.Form, err)
		}
	}
}

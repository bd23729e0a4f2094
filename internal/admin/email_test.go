package admin_test

import (
	"testing"

	"vigil/internal/admin"
	"vigil/internal/directory"
)

func TestAnOperatorEntersAnAddressThatTheUserOnlyClaimed(t *testing.T) {
	bothWays(t, func(t *testing.T, h house, o admin.Operations) {
		ada := addAda(t, o)
		if _, err := h.local.Directory.Amend(t.Context(), "one", ada.ID, 1, func(u *directory.User) { u.Email = "new@example.com" }); err != nil {
			t.Fatal(err)
		}
		if page, err := o.Users(t.Context(), admin.Page{Environment: "one", Limit: 1}); err != nil || !page.Users[0].EmailClaimed {
			t.Errorf("%+v, %v", page, err)
		}
		person := admin.Person{Environment: "one", Username: "ada"}
		for _, c := range []struct {
			ask  admin.Email
			want admin.User
		}{
			{admin.Email{Person: person, Email: "new@example.com"}, admin.User{Email: "new@example.com"}},
			{admin.Email{Person: person, Email: "new@example.com", Verified: true}, admin.User{Email: "new@example.com", EmailVerified: true}},
			{admin.Email{Person: person, Email: "other@example.com"}, admin.User{Email: "other@example.com"}},
			{admin.Email{Person: person}, admin.User{}},
		} {
			got, err := o.SetEmail(t.Context(), c.ask)
			if err != nil || got.Email != c.want.Email || got.EmailVerified != c.want.EmailVerified || got.EmailClaimed {
				t.Errorf("%+v: %+v, %v", c.ask, got, err)
			}
			if c.ask.Email == "" {
				continue
			}
			if found, err := h.local.Directory.Find(t.Context(), "one", c.ask.Email); err != nil || found.ID != ada.ID {
				t.Errorf("%s leads to %q, %v", c.ask.Email, found.ID, err)
			}
		}
		if _, err := o.AddUser(t.Context(), admin.NewUser{Environment: "one", Username: "bob@example.com", Password: "correct horse"}); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			ask  admin.Email
			want admin.Code
		}{
			"another user's name": {admin.Email{Person: person, Email: "bob@example.com"}, admin.CodeExists},
			"no address":          {admin.Email{Person: person, Email: "ada"}, admin.CodeInvalid},
			"nothing, verified":   {admin.Email{Person: person, Verified: true}, admin.CodeInvalid},
			"nobody":              {admin.Email{Person: admin.Person{Environment: "one", Username: "eve"}}, admin.CodeNotFound},
		} {
			if _, err := o.SetEmail(t.Context(), c.ask); code(err) != c.want {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

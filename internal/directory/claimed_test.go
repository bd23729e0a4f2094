package directory_test

import (
	"errors"
	"strings"
	"testing"

	"vigil/internal/directory"
)

// claim lets somebody who is signed on say that an address is theirs.
func claim(t *testing.T, d *directory.Directory, u directory.User, address string) directory.User {
	t.Helper()
	u, err := d.Amend(t.Context(), env, u.ID, u.Epoch, func(u *directory.User) { u.Email, u.EmailVerified = address, false })
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func leads(t *testing.T, d *directory.Directory, address string) string {
	t.Helper()
	u, err := d.Find(t.Context(), env, address)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		t.Fatal(err)
	}
	return u.Username
}

// keycloak/keycloak#53041, better-auth/better-auth#11023: nobody waits in an account for the owner of an address.
func TestAnAddressThatSomebodyOnlySaysIsTheirsLeadsNowhereUntilMailReachesThem(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		const address = "victim@example.com"
		mallory := claim(t, d, add(t, d, directory.User{Username: "mallory"}), address)
		if got := leads(t, d, address); got != "" || !mallory.EmailClaimed {
			t.Fatalf("the claimed address leads to %q", got)
		}
		victim, exists := register(t, d, address)
		if exists {
			t.Fatal("the claim keeps the owner from registering")
		}
		if _, err := d.ProveEmail(t.Context(), env, victim.ID, address); err != nil {
			t.Fatal(err)
		}
		if err := admit(t, d, victim); err != nil {
			t.Fatal(err)
		}
		if got := leads(t, d, address); got != address {
			t.Errorf("the address leads to %q", got)
		}
		after, err := d.ProveEmail(t.Context(), env, mallory.ID, address)
		if err != nil || after.EmailVerified {
			t.Errorf("an address that is another's name is proved: %v, %v", after.EmailVerified, err)
		}
	})
}

func TestAClaimIsProvedByMailOrByWhoeverRunsTheDirectory(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		for name, prove := range map[string]func(u directory.User, address string) error{
			"mail": func(u directory.User, address string) error {
				_, err := d.ProveEmail(t.Context(), env, u.ID, address)
				return err
			},
			"a flow that says so": func(u directory.User, _ string) error {
				_, err := d.Amend(t.Context(), env, u.ID, u.Epoch, func(u *directory.User) { u.EmailVerified = true })
				return err
			},
			"an operator": func(u directory.User, address string) error {
				_, err := d.Update(t.Context(), env, u.ID, func(u *directory.User) { u.Email = "" })
				if err == nil {
					_, err = d.Update(t.Context(), env, u.ID, func(u *directory.User) { u.Email = address })
				}
				return err
			},
		} {
			who := directory.User{EnvironmentID: env, Username: strings.ReplaceAll(name, " ", "-"), Enabled: true}
			u, err := d.Add(t.Context(), who, "")
			if err != nil {
				t.Fatal(err)
			}
			address := who.Username + "@example.com"
			u = claim(t, d, u, address)
			if err := prove(u, address); err != nil {
				t.Fatal(err)
			}
			if got := leads(t, d, address); got != who.Username {
				t.Errorf("after %s the address leads to %q", name, got)
			}
			if claim(t, d, u, "other-"+address); leads(t, d, address) != "" || leads(t, d, "other-"+address) != "" {
				t.Errorf("after %s: a changed address leads somewhere", name)
			}
		}
	})
}

func TestOfSeveralAccountsWithAnAddressTheOneThatProvedItIsFound(t *testing.T) {
	onEachEngine(t, func(t *testing.T, d *directory.Directory, _ *clock) {
		const address = "family@example.com"
		var family []directory.User
		for _, name := range []string{"ada", "bob", "cleo"} {
			u, err := d.Add(t.Context(), directory.User{EnvironmentID: env, Username: name, Email: address, Enabled: true}, "")
			if err != nil {
				t.Fatal(err)
			}
			family = append(family, u)
		}
		if got := leads(t, d, address); got != "" {
			t.Errorf("an address of three that nobody proved leads to %q", got)
		}
		prove := func(u directory.User) {
			if _, err := d.ProveEmail(t.Context(), env, u.ID, address); err != nil {
				t.Fatal(err)
			}
		}
		if prove(family[2]); leads(t, d, address) != "cleo" {
			t.Errorf("it leads to %q", leads(t, d, address))
		}
		if prove(family[0]); leads(t, d, address) != "" {
			t.Errorf("an address that two proved leads to %q", leads(t, d, address))
		}
	})
}

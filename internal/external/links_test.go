package external_test

import (
	"errors"
	"slices"
	"testing"

	"vigil/engine/connector/builtin"
	"vigil/internal/directory"
	"vigil/internal/external"
	"vigil/internal/store/kv"
)

func TestAnIdentityIsLinkedToOneAccountAndGoesWithIt(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	var ids []string
	for _, name := range []string{"ada", "grace"} {
		u, err := h.people.Add(ctx, directory.User{EnvironmentID: "home", Username: name, Enabled: true}, "correct horse "+name)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, u.ID)
	}
	who := builtin.Identity{Provider: "company", Issuer: "https://login.example.org", Subject: "42"}
	if owner, err := h.service.Owner(ctx, "home", who); owner != nil || err != nil {
		t.Fatalf("before: %v, %v", owner, err)
	}
	outcomes := make(chan error, 8)
	for i := range cap(outcomes) {
		go func() { outcomes <- h.service.Link(ctx, "home", ids[i%2], who, now) }()
	}
	taken := 0
	for range cap(outcomes) {
		switch err := <-outcomes; {
		case errors.Is(err, builtin.ErrTaken):
			taken++
		case err != nil:
			t.Error(err)
		}
	}
	if taken != 4 {
		t.Errorf("%d of 4 links of the other account were refused", taken)
	}
	owner, err := h.service.Owner(ctx, "home", who)
	if err != nil || owner == nil || !slices.Contains(ids, owner.ID) {
		t.Fatalf("linked to %v, %v", owner, err)
	}
	renamed := who
	renamed.Provider = "new name"
	if again, err := h.service.Owner(ctx, "home", renamed); err != nil || again == nil || again.ID != owner.ID {
		t.Errorf("under a new name of the provider: %v, %v", again, err)
	}
	for _, stranger := range []builtin.Identity{{Issuer: who.Issuer, Subject: "43"}, {Issuer: "https://else.example.org", Subject: "42"}, {Issuer: who.Issuer + "\x0042"}} {
		if found, err := h.service.Owner(ctx, "home", stranger); found != nil || err != nil {
			t.Errorf("%v is %v, %v", stranger, found, err)
		}
	}
	if found, err := h.service.Owner(ctx, "elsewhere", who); found != nil || err != nil {
		t.Errorf("in another environment: %v, %v", found, err)
	}
	if _, err := h.people.SetEnabled(ctx, "home", owner.ID, false); err != nil {
		t.Fatal(err)
	}
	if found, err := h.service.Owner(ctx, "home", who); err != nil || found == nil || found.Enabled {
		t.Errorf("of a disabled account: %v, %v", found, err)
	}
	if err := h.kv.Update(ctx, func(tx kv.Tx) error { _, err := external.RemoveAll(tx, "home", owner.ID); return err }); err != nil {
		t.Fatal(err)
	}
	if found, err := h.service.Owner(ctx, "home", who); found != nil || err != nil {
		t.Errorf("after its account is gone: %v, %v", found, err)
	}
}

func TestANewAccountTakesNobodysNameOrAddress(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	if _, err := h.people.Add(ctx, directory.User{EnvironmentID: "home", Username: "ada", Email: "ada@example.com", Enabled: true}, "correct horse"); err != nil {
		t.Fatal(err)
	}
	who := builtin.Identity{Provider: "company", Issuer: "https://login.example.org", Subject: "42", Email: "ada@example.com", EmailVerified: true, GivenName: "Ada"}
	for _, name := range []string{"ada", "ada@example.com", "other", "not\x00a name"} {
		if account, err := h.service.Register(ctx, "home", name, who, now); !errors.Is(err, builtin.ErrTaken) {
			t.Errorf("%q: %v, %v", name, account, err)
		}
	}
	who.Email = "grace@example.com"
	account, err := h.service.Register(ctx, "home", "grace@example.com", who, now)
	if err != nil || account == nil || account.Username != "grace@example.com" {
		t.Fatalf("%v, %v", account, err)
	}
	if owner, err := h.service.Owner(ctx, "home", who); err != nil || owner == nil || owner.ID != account.ID {
		t.Errorf("the new account is linked to %v, %v", owner, err)
	}
	if u, err := h.people.ByID(ctx, "home", account.ID); err != nil || !u.EmailVerified || u.PasswordHash != "" {
		t.Errorf("the new account is %+v, %v", u, err)
	}
}

// Whoever owns an address would be led by it into the account of a stranger, who waits there for them to fill it.
func TestANewAccountGetsNoAddressThatTheProviderDidNotMakeSureOf(t *testing.T) {
	h := open(t)
	who := builtin.Identity{Provider: "company", Issuer: "https://login.example.org", Subject: "43", Email: "victim@example.com"}
	account, err := h.service.Register(t.Context(), "home", "mallory", who, now)
	if err != nil {
		t.Fatal(err)
	}
	u, err := h.people.ByID(t.Context(), "home", account.ID)
	if err != nil || u.Email != "" || u.EmailVerified {
		t.Errorf("the new account is %+v, %v", u, err)
	}
}

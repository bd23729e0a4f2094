package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/flowtest"
	"vigil/internal/directory"
)

// peopleAre holds who there is in the directory against who there is on the stage.
func (p *performance) peopleAre(people []connector.AccountValue) error {
	ctx := p.house.ctx
	for _, want := range people {
		got, err := p.person(ctx, want)
		if err != nil {
			return fmt.Errorf("find %s at the server: %w", want.Username, err)
		}
		if err := sameAccount(got, want); err != nil {
			return err
		}
	}
	for i := range p.scene.People {
		a := p.scene.People[i].Account
		if slices.ContainsFunc(people, func(one connector.AccountValue) bool { return one.ID == a.ID }) {
			continue
		}
		if _, err := p.server.Directory.ByID(ctx, environment, a.ID); !errors.Is(err, directory.ErrNotFound) {
			return errors.Join(fmt.Errorf("%s is gone on the stage, but not at the server", a.Username), err)
		}
	}
	return nil
}

// person finds somebody of the stage: by id whom the case began with, by name who came since.
func (p *performance) person(ctx context.Context, want connector.AccountValue) (directory.User, error) {
	if slices.ContainsFunc(p.scene.People, func(one flowtest.Person) bool { return one.Account.ID == want.ID }) {
		return p.server.Directory.ByID(ctx, environment, want.ID)
	}
	return p.server.Directory.Find(ctx, environment, want.Username)
}

func sameAccount(got directory.User, want connector.AccountValue) error {
	sorted := func(all []string) string { return strings.Join(slices.Sorted(slices.Values(all)), ", ") }
	attributes := func(all map[string]string) string {
		if len(all) == 0 {
			return "{}"
		}
		return literal(all)
	}
	for _, field := range []struct{ name, got, want string }{
		{"user name", got.Username, want.Username},
		{"e-mail address", got.Email, want.Email},
		{"given name", got.GivenName, want.GivenName},
		{"family name", got.FamilyName, want.FamilyName},
		{"phone number", got.Phone, want.Phone},
		{"list of groups", sorted(got.Groups), sorted(want.Groups)},
		{"set of attributes", attributes(got.Attributes), attributes(want.Attributes)},
		{"e-mail address's being proved", literal(got.EmailVerified), literal(want.EmailVerified)},
		{"being enabled", literal(got.Enabled), literal(want.Enabled)},
	} {
		if field.got != field.want {
			return fmt.Errorf("the %s of %s is %q at the server and %q on the stage", field.name, want.Username, field.got, field.want)
		}
	}
	return nil
}

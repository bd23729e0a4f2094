package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"vigil/internal/admin"
)

type userCommands struct {
	Add          userAdd          `cmd:"" help:"Add a user."`
	List         userList         `cmd:"" help:"List the users of an environment."`
	SetPassword  userSetPassword  `cmd:"" help:"Give a user another password; ends the user's sessions."`
	SetEmail     userSetEmail     `cmd:"" help:"Enter a user's e-mail address, or take it away."`
	Factors      userFactors      `cmd:"" help:"List what a user can prove themselves with beside a password."`
	RemoveFactor userRemoveFactor `cmd:"" help:"Take one of these from a user; ends the user's sessions."`
	Disable      userDisable      `cmd:"" help:"Refuse a user; ends the user's sessions."`
	Enable       userEnable       `cmd:"" help:"Let a user sign on again."`
	Delete       userDelete       `cmd:"" help:"Delete a user with all that is the user's; ends the user's sessions."`
}

// typed is a password that comes from a terminal or from standard input, never from the command line, which others can read.
type typed struct {
	PasswordStdin bool `help:"Read the password from standard input, up to the first line's end."`
}

type userAdd struct {
	place
	typed
	Username   string   `arg:"" help:"What the person types."`
	Email      string   `help:"E-mail address."`
	GivenName  string   `help:"Given name."`
	FamilyName string   `help:"Family name."`
	Group      []string `help:"A group; may be repeated."`
}

// Run adds somebody.
func (c *userAdd) Run(w *world) error {
	password, err := c.read(w)
	if err != nil {
		return err
	}
	return with(w, &c.place, false, func(o admin.Operations) error {
		u, err := o.AddUser(w, admin.NewUser{
			Environment: c.Environment, Username: c.Username, Password: password, Email: c.Email,
			GivenName: c.GivenName, FamilyName: c.FamilyName, Groups: c.Group,
		})
		if err == nil {
			fmt.Fprintf(w.out, "Added %s (%s).\n", u.Username, u.ID)
		}
		return err
	})
}

type userList struct {
	place
	JSON bool `help:"Write JSON."`
}

// Run lists everybody.
func (c *userList) Run(w *world) error {
	return with(w, &c.place, false, func(o admin.Operations) error {
		const page = 500
		users := []admin.User{}
		for after := ""; ; {
			found, err := o.Users(w, admin.Page{Environment: c.Environment, After: after, Limit: page})
			if err != nil {
				return err
			}
			users = append(users, found.Users...)
			if after = found.Next; after == "" {
				break
			}
		}
		if c.JSON {
			return printJSON(w, users)
		}
		rows := make([]string, len(users))
		for i, u := range users {
			state := "enabled"
			if !u.Enabled {
				state = "disabled"
			}
			name := strings.TrimSpace(u.GivenName + " " + u.FamilyName)
			rows[i] = strings.Join([]string{u.Username, name, emailOf(u), state, u.ID}, "\t")
		}
		return table(w, "USERNAME\tNAME\tEMAIL\tSTATE\tID", rows)
	})
}

// emailOf marks an address that leads nobody to the account.
func emailOf(u admin.User) string {
	if u.EmailClaimed {
		return u.Email + " (claimed)"
	}
	return u.Email
}

type userSetPassword struct {
	place
	typed
	Username   string `arg:"" help:"Username or e-mail address."`
	MustChange bool   `help:"The user has to choose another one at the next sign-on."`
}

// Run gives somebody another password.
func (c *userSetPassword) Run(w *world) error {
	password, err := c.read(w)
	if err != nil {
		return err
	}
	return with(w, &c.place, false, func(o admin.Operations) error {
		ended, err := o.SetPassword(w, admin.Password{Person: admin.Person{Environment: c.Environment, Username: c.Username}, Password: password, MustChange: c.MustChange})
		if err == nil {
			fmt.Fprintf(w.out, "%s has another password; %s.\n", c.Username, sessionsEnded(ended))
		}
		return err
	})
}

type userDisable struct {
	place
	Username string `arg:"" help:"Username or e-mail address."`
}

// Run refuses somebody.
func (c *userDisable) Run(w *world) error { return setEnabled(w, &c.place, c.Username, false) }

type userEnable struct {
	place
	Username string `arg:"" help:"Username or e-mail address."`
}

// Run lets somebody in again.
func (c *userEnable) Run(w *world) error { return setEnabled(w, &c.place, c.Username, true) }

type userDelete struct {
	place
	Username string `arg:"" help:"Username or e-mail address."`
	Yes      bool   `help:"Do not ask. There is no way back."`
}

// Run deletes somebody.
func (c *userDelete) Run(w *world) error {
	if !c.Yes {
		fmt.Fprintf(w.err, "This deletes %s for good. Type the name once more: ", c.Username)
		line, err := bufio.NewReader(io.LimitReader(w.in, longestPassword)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read name: %w", err)
		}
		if strings.TrimSpace(line) != c.Username {
			return errors.New("nobody was deleted")
		}
	}
	return with(w, &c.place, false, func(o admin.Operations) error {
		ended, err := o.DeleteUser(w, admin.Person{Environment: c.Environment, Username: c.Username})
		if err == nil {
			fmt.Fprintf(w.out, "%s is deleted; %s.\n", c.Username, sessionsEnded(ended))
		}
		return err
	})
}

func setEnabled(w *world, p *place, username string, enabled bool) error {
	return with(w, p, false, func(o admin.Operations) error {
		ended, err := o.SetEnabled(w, admin.Switch{Person: admin.Person{Environment: p.Environment, Username: username}, Enabled: enabled})
		switch {
		case err != nil:
		case enabled:
			fmt.Fprintf(w.out, "%s may sign on.\n", username)
		default:
			fmt.Fprintf(w.out, "%s may not sign on; %s.\n", username, sessionsEnded(ended))
		}
		return err
	})
}

func sessionsEnded(e admin.Ended) string {
	if e.Sessions == 1 {
		return "1 session ended"
	}
	return fmt.Sprintf("%d sessions ended", e.Sessions)
}

// longestPassword bounds what is read, in bytes; what is longer than a password may be is refused where it is judged.
const longestPassword = 4 << 10

// read asks twice on a terminal, or takes the first line of standard input.
func (t *typed) read(w *world) (string, error) {
	if t.PasswordStdin {
		line, err := bufio.NewReader(io.LimitReader(w.in, longestPassword)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read password: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	terminal, is := w.in.(*os.File)
	if !is || !isTerminal(terminal) {
		fmt.Fprintln(w.err, "vigil: there is no terminal to ask for the password: use --password-stdin")
		return "", exit(exitMisused)
	}
	first, err := ask(w, terminal, "Password: ")
	if err != nil {
		return "", err
	}
	again, err := ask(w, terminal, "Once more: ")
	if err != nil {
		return "", err
	}
	if first != again {
		return "", errors.New("the two passwords differ")
	}
	return first, nil
}

// ask reads a line without showing it. An interrupt gives the terminal back as it was.
func ask(w *world, terminal *os.File, prompt string) (string, error) {
	fd := int(terminal.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	fmt.Fprint(w.err, prompt)
	answer, failed := make(chan []byte, 1), make(chan error, 1)
	go func() {
		line, err := term.ReadPassword(fd)
		if err != nil {
			failed <- fmt.Errorf("read password: %w", err)
			return
		}
		answer <- line
	}()
	defer fmt.Fprintln(w.err)
	select {
	case line := <-answer:
		return string(line), nil
	case err := <-failed:
		return "", err
	case <-w.Done():
		return "", errors.Join(errors.New("interrupted"), term.Restore(fd, before))
	}
}

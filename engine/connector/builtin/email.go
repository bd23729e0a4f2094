package builtin

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vigil/engine/connector"
)

// methodEmail is what reading somebody's mail proves. RFC 8176 2 has no word for it and lets parties agree on others. It is not otp: who has
// only the password of a mailbox can read it (NIST SP 800-63B 3.1.3.1), so it stands in none of the classes know, have and are.
const methodEmail = "email"

// Mail takes letters that leave after the answer.
type Mail interface {
	// Send takes a letter. Not taken: too many were sent on this account lately; it tells so to nobody else. A letter to nobody costs as much, and
	// is taken as often.
	Send(ctx context.Context, letter Letter) (taken bool, err error)
}

// Letter is one e-mail, plain text.
type Letter struct {
	EnvironmentID, RunID string
	To                   string // an address; empty: nobody's
	// Account is whom the letter is about: so many go out on one account within an hour. It begins with Named.
	Account       string
	Subject, Text string
	Now           time.Time
	GoodUntil     time.Time // not sent after it. Zero: a day from now
}

// Named begins what letters and guesses are counted under where it is a name: the user name of an account, also of one that just registered and
// has another id each time, or what was typed where it is nobody's. Whoever counts reads such names as the directory does.
const Named = "name "

// Limits of a letter.
const (
	maxSubject = 200  // bytes
	maxLetter  = 8192 // bytes
)

var errLetter = errors.New("a letter needs a subject of one line and at most 200 bytes, and a text of at most 8 KiB")

// check refuses what could be read as another header, or as another letter.
func (l *Letter) check() error {
	line := func(r rune) bool { return unicode.IsControl(r) }
	body := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	l.Text = strings.ReplaceAll(l.Text, "\r\n", "\n")
	if l.Subject == "" || len(l.Subject) > maxSubject || strings.ContainsFunc(l.Subject, line) || !utf8.ValidString(l.Subject) ||
		l.Text == "" || len(l.Text) > maxLetter || strings.ContainsFunc(l.Text, body) || !utf8.ValidString(l.Text) ||
		strings.ContainsFunc(l.To, line) {
		return errLetter
	}
	return nil
}

func emailSend(mail Mail) connector.Capability {
	return connector.Capability{
		Name: "email.send",
		Doc:  "Writes to the e-mail address of an account. The letter leaves after the answer, and is tried again for a day.",
		Inputs: []connector.Field{
			{Name: "account", Type: required(connector.Account), Doc: "Whom to write to. Who has no address gets nothing."},
			{Name: "subject", Type: required(connector.String), Said: true, Doc: "One line, at most 200 bytes."},
			{Name: "text", Type: required(connector.String), Said: true, Doc: "Plain text, at most 8 KiB."},
		},
		Outcomes: []connector.Outcome{{Name: "sent", Doc: "It is on its way, or too many were sent to this account lately."}},
		Needs:    NeedMail,
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			account, _ := call.Inputs["account"].(connector.AccountValue)
			_, err := send(ctx, mail, Letter{
				EnvironmentID: call.EnvironmentID, RunID: call.RunID, To: account.Email, Account: Named + account.Username,
				Subject: plain(call.Inputs, "subject"), Text: plain(call.Inputs, "text"), Now: call.Now,
			})
			return connector.Result{Outcome: "sent"}, err
		},
	}
}

func send(ctx context.Context, mail Mail, letter Letter) (taken bool, err error) {
	if mail == nil {
		return false, errNoPort
	}
	if err := letter.check(); err != nil {
		return false, err
	}
	return mail.Send(ctx, letter)
}

// emailSendLink makes a link and mails it: nobody else is given it.
func emailSendLink(mail Mail, links Links, directory Directory) connector.Capability {
	return connector.Capability{
		Name: "email.sendLink",
		Doc: "Makes a link that opens a part in a second run, once, and mails it to an account. Opening it proves email for the account: nobody else " +
			"was given it.",
		Inputs: append(addressee(),
			connector.Field{Name: "expires", Type: optional(connector.Duration), Doc: "How long it waits. Left out: 10m."},
			connector.Field{Name: "subject", Type: optional(connector.String), Default: "Your link", Said: true, Doc: "One line. Left out: Your link."},
			connector.Field{Name: "text", Type: optional(connector.String), Default: linkText, Said: true, Doc: "Plain text, with {link} where the link goes, and {minutes} where it stands how many it waits."}),
		Outcomes: []connector.Outcome{{Name: "sent", Doc: "It is on its way, if there is such an account. It does not tell.", Outputs: []connector.Field{
			{Name: "challenge", Type: required(connector.Challenge), Doc: "What a form waits for."},
		}}},
		Opens: &connector.Opens{Proves: methodEmail},
		Needs: NeedMail,
		Run: func(ctx context.Context, call connector.Call) (connector.Result, error) {
			to, err := addressed(ctx, directory, call)
			if err != nil {
				return connector.Result{}, err
			}
			if call.Inputs["account"] = nil; to.account != nil {
				call.Inputs["account"] = *to.account
			}
			link, err := createLink(ctx, links, call)
			if err != nil {
				return connector.Result{}, err
			}
			_, err = send(ctx, mail, to.letter(call, "{link}", link.URL, link.Challenge.ExpiresAt))
			return connector.Result{Outcome: "sent", Output: map[string]any{"challenge": link.Challenge}}, err
		},
	}
}

const linkText = `Open this link to go on:

{link}

If you did not ask for it, do not open it, and give it to nobody.`

// addressee are the inputs that name whom to write to.
func addressee() []connector.Field {
	return []connector.Field{
		{Name: "account", Type: optional(connector.Account), Doc: "Whom to write to. Or give username."},
		{Name: "username", Type: optional(connector.String), Doc: "A user name or an e-mail address, as it was typed. Nobody's looks like somebody's."},
	}
}

// recipient is whom a letter is for.
type recipient struct {
	account *connector.AccountValue // nil: nobody
	name    string                  // what tallies know them by
}

var errAddressee = errors.New("give account or username, one of them")

// addressed finds out whom a call writes to.
func addressed(ctx context.Context, directory Directory, call connector.Call) (recipient, error) {
	account, known := call.Inputs["account"].(connector.AccountValue)
	username, typed := call.Inputs["username"].(string)
	switch {
	case known == typed:
		return recipient{}, errAddressee
	case known:
		return recipientOf(&account), nil
	case directory == nil:
		return recipient{}, errNoPort
	}
	found, err := directory.Find(ctx, call.EnvironmentID, username)
	if err != nil {
		return recipient{}, err
	}
	if found == nil {
		return recipient{name: Named + username}, nil
	}
	return recipientOf(found), nil
}

// recipientOf: whoever is disabled or has no address is written to as nobody is.
func recipientOf(account *connector.AccountValue) recipient {
	if !account.Enabled || account.Email == "" {
		return recipient{name: Named + account.Username}
	}
	return recipient{account, Named + account.Username}
}

// letter writes to a recipient in the words of the call, with the value in its place, and below them where they have none.
func (r recipient) letter(call connector.Call, place, value string, goodUntil time.Time) Letter {
	text := plain(call.Inputs, "text")
	if !strings.Contains(text, place) {
		text += "\n\n" + place
	}
	minutes := strconv.Itoa(int((goodUntil.Sub(call.Now) + time.Minute - 1) / time.Minute))
	l := Letter{
		EnvironmentID: call.EnvironmentID, RunID: call.RunID, Account: r.name,
		Subject: plain(call.Inputs, "subject"), Text: strings.NewReplacer(place, value, "{minutes}", minutes).Replace(text), Now: call.Now, GoodUntil: goodUntil,
	}
	if r.account != nil {
		l.To = r.account.Email
	}
	return l
}

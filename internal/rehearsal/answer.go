package rehearsal

import (
	"errors"
	"fmt"
	"strings"

	"vigil/engine/connector/builtin"
	"vigil/engine/flowtest"
	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/internal/mail"
)

// Answer implements flowtest.Double.
func (p *performance) Answer(page run.Page, input run.Input) error {
	return p.explained(p.answer(page, input))
}

func (p *performance) answer(page run.Page, input run.Input) error {
	values := map[string]string{}
	for name, entry := range input.Values {
		value, err := p.compute(entry)
		if err != nil {
			return err
		}
		values[name] = value
	}
	var way *run.PageField // that is pressed
	for i := range page.Fields {
		f := &page.Fields[i]
		value, told := values[f.Name]
		switch _, twice := values[f.Repeat]; {
		case f.Type.Pressed():
			if delete(values, f.Name); value != "" && (input.Button == "" || input.Button == f.Name) {
				way = f
			}
		case f.Repeat != "" && told && !twice:
			values[f.Repeat] = value
		case f.Type == graph.EffortField && !told:
			if err := p.tab.await("[...document.querySelectorAll('[data-effort] input')].every((i) => i.value)", "the answer to the puzzle"); err != nil {
				return err
			}
		}
	}
	if way == nil {
		return p.tab.submit(filling(values, input.Button), "''")
	}
	return p.press(way, values, input.Values[way.Name])
}

// press leaves a page by a field that is a button by itself, as somebody: by their passkey, or as whom another identity provider knows.
func (p *performance) press(way *run.PageField, values map[string]string, who string) error {
	if way.Type == graph.ExternalField {
		p.visits(who)
		return p.tab.submit(filling(values, way.Name), "''")
	}
	if err := p.hold(way, who); err != nil {
		return err
	}
	const refused = `((e) => (e && !e.hidden ? e.textContent.trim() : ""))(document.getElementById(document.querySelector("button[data-passkey][value=%[1]s]").id + "-error"))`
	if err := p.tab.submit(filling(values, way.Name), fmt.Sprintf(refused, way.Name)); err != nil {
		return err
	}
	return p.keep(way, who)
}

// filling is the script that fills a page in and presses a button, the first if none is named.
func filling(values map[string]string, button string) string {
	return strings.TrimSpace(fillPage) + "(" + literal(values) + "," + literal(button) + ")"
}

// Read implements flowtest.Double.
func (p *performance) Read(reading flowtest.Reading) error {
	return p.explained(p.read(reading))
}

func (p *performance) read(reading flowtest.Reading) error {
	if reading.Letter == nil {
		shown, err := p.tab.look()
		if err != nil {
			return err
		}
		if len(shown.Lines) == 0 {
			return errors.New("there is nothing to read on the page")
		}
		p.notes[reading.As] = shown.Lines[0]
		return nil
	}
	letter, err := p.letter(reading.To)
	if err != nil {
		return err
	}
	p.notes[reading.As] = flowtest.FindIn(letter.Text)
	// Codes and links are drawn by chance.
	want := strings.Replace(reading.Letter.Text, flowtest.FindIn(reading.Letter.Text), p.notes[reading.As], 1)
	switch {
	case letter.Subject != reading.Letter.Subject:
		return fmt.Errorf("the e-mail is about %q, on the stage about %q", letter.Subject, reading.Letter.Subject)
	case strings.TrimSpace(letter.Text) != strings.TrimSpace(want):
		return fmt.Errorf("the e-mail says %q, on the stage %q", letter.Text, want)
	}
	return nil
}

// letter is the last that came to somebody, or to anybody if nobody is named.
func (p *performance) letter(to string) (*mail.Message, error) {
	if err := p.server.Mail.Round(p.house.ctx); err != nil {
		return nil, err
	}
	p.server.Mail.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.letters) - 1; i >= 0; i-- {
		if to == "" || p.letters[i].To == p.address(to) {
			return &p.letters[i], nil
		}
	}
	return nil, errors.New("no e-mail came from the server")
}

// address is where letters for somebody of the file go.
func (p *performance) address(to string) string {
	for i := range p.scene.People {
		if p.scene.People[i].Account.ID == to {
			return p.scene.People[i].Account.Email
		}
	}
	return to
}

// compute gives what an entry stands for.
func (p *performance) compute(entry string) (string, error) {
	word, computed := strings.CutPrefix(entry, "= ")
	if !computed {
		return entry, nil
	}
	if app, who, _ := strings.Cut(word, "."); app == "totp" {
		secret, err := p.appSecret(who)
		if err != nil {
			return "", err
		}
		return builtin.TOTP(secret, p.clock())
	}
	return p.notes[word], nil
}

package flowtest

import (
	"fmt"
	"maps"
	"strings"

	"vigil/engine/connector/builtin"
	"vigil/engine/diag"
	"vigil/engine/run"

	"go.yaml.in/yaml/v4"
)

// computed is what an entry that is not to be typed literally begins with.
const computed = "= "

// entries puts what was read, and codes of apps, where the step says so.
func (s *Stage) entries(input run.Input) (run.Input, error) {
	input.Values = maps.Clone(input.Values)
	for field, text := range input.Values {
		word, isComputed := strings.CutPrefix(text, computed)
		if !isComputed {
			continue
		}
		value, err := s.compute(word)
		if err != nil {
			return input, err
		}
		input.Values[field] = value
	}
	return input, nil
}

// AppCode is what stands for `= totp` and `= totp.ada`: the code that an authenticator app shows now.
func (s *Stage) AppCode(entry string) (code string, known bool, err error) {
	app, who, _ := strings.Cut(strings.TrimPrefix(entry, computed), ".")
	if app != "totp" || !strings.HasPrefix(entry, computed) {
		return "", false, nil
	}
	code, err = s.appCode(who)
	return code, true, err
}

func (s *Stage) compute(word string) (string, error) {
	if code, known, err := s.AppCode(computed + word); known {
		return code, err
	}
	value, known := s.noted[word]
	if !known {
		return "", fmt.Errorf("nothing was read as %q", word)
	}
	return value, nil
}

// reads does a `reads` step: it looks for a code or a link in the last e-mail, or takes the first line of what the page shows.
func (s *Stage) reads(step *step) (*yaml.Node, error) {
	read := s.readPage
	if step.reads.Value == "email" {
		read = s.readLetter
	}
	value, err := read(step)
	if err != nil {
		return step.reads, err
	}
	if step.as != "" {
		s.noted = s.noted.with(step.as, value)
	}
	return nil, nil
}

func (s *Stage) readPage(*step) (string, error) {
	page, _ := s.effect.(run.Page)
	line, _, _ := strings.Cut(page.Show, "\n")
	if line == "" {
		return "", fmt.Errorf("there is nothing to read, %s", s.where())
	}
	return line, nil
}

func (s *Stage) readLetter(step *step) (string, error) {
	letter := s.letter(step.to)
	switch {
	case letter == nil && len(s.letters) > 0:
		return "", fmt.Errorf("no e-mail came to %s, the last one went to %s, %s", step.to, s.letters[len(s.letters)-1].To, s.where())
	case letter == nil:
		return "", fmt.Errorf("no e-mail came, %s", s.where())
	case step.subject != nil && step.subject.Value != letter.Subject:
		return "", fmt.Errorf("the subject is %q", letter.Subject)
	case step.says != nil && !strings.Contains(letter.Text, step.says.Value):
		return "", fmt.Errorf("the e-mail says %q", letter.Text)
	}
	found := FindIn(letter.Text)
	if found == "" && step.as != "" {
		return "", fmt.Errorf("there is neither a code nor a link in %q", letter.Text)
	}
	return found, nil
}

// letter is the last that came to somebody, or to anybody if nobody is named. Nil: none did.
func (s *Stage) letter(to string) (letter *builtin.Letter) {
	for i := range s.letters {
		if p := s.users[to]; to == "" || p != nil && p.account.Email == s.letters[i].To || to == s.letters[i].To {
			letter = &s.letters[i]
		}
	}
	return letter
}

// reading is what a step reads.
func (s *Stage) reading(step *step) Reading {
	r := Reading{To: step.to, As: step.as}
	if step.reads.Value == "email" {
		r.Letter = s.letter(step.to)
	}
	return r
}

// notes are what a case has read, by the names it gave. They are replaced whole.
type notes map[string]string

func (n notes) with(name, value string) notes {
	next := maps.Clone(n)
	if next == nil {
		next = notes{}
	}
	next[name] = value
	return next
}

// readReads reads a `reads` step.
func (r *reader) readReads(s *step, keys map[string]*yaml.Node) {
	if what := r.text(s.reads, "reads"); what != "email" && what != "page" {
		r.mistake(s.reads, "unknown-key", "write email or page", "nobody can read %q", what)
	}
	if s.as = r.text(keys["as"], "as"); s.as == "totp" {
		r.mistake(keys["as"], "ambiguous-name", "choose another name", "= totp is the code of an authenticator app")
	}
	s.to, s.subject, s.says = r.text(keys["to"], "to"), keys["subject"], keys["says"]
	if s.to != "" && !strings.Contains(s.to, "@") {
		r.user(keys["to"])
	}
	if s.as != "" {
		r.named = append(r.named, s.as)
	}
}

// knownEntry holds that what an entry computes was read before.
func (r *reader) knownEntry(n *yaml.Node, text string) {
	word, isComputed := strings.CutPrefix(text, computed)
	if !isComputed {
		return
	}
	app, who, _ := strings.Cut(word, ".")
	if app == "totp" {
		if who != "" && r.users[who] == nil {
			r.mistake(n, "unknown-user", "name one of the users", "there is no user %q", who)
		}
		return
	}
	for _, name := range r.named {
		if name == word {
			return
		}
	}
	r.mistake(n, "unknown-entry", diag.DidYouMean(word, append([]string{"totp"}, r.named...), "Known are"), "nothing was read as %q in a step before", word)
}

package main

import (
	"bytes"
	"strings"
	"testing"

	"vigil/internal/mail"
)

func TestTheDemoShowsLettersAndNothingInThemSteersTheTerminal(t *testing.T) {
	var out bytes.Buffer
	problems := (&mailbox{out: &out}).Send(t.Context(), nil, []mail.Message{{To: "ada@example.com", Subject: "Your\x1b[2J code", Text: "It is 123456\nforget\x07 it"}})
	if len(problems) != 1 || problems[0] != nil {
		t.Errorf("problems: %v", problems)
	}
	for _, wanted := range []string{"ada@example.com", "Your[2J code", "It is 123456", "forget it"} {
		if !strings.Contains(out.String(), wanted) {
			t.Errorf("there is no %q in %q", wanted, out.String())
		}
	}
	if strings.ContainsAny(out.String(), "\x1b\x07") {
		t.Errorf("it holds control characters: %q", out.String())
	}
}

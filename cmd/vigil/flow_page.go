package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"vigil/engine/connector"
	"vigil/engine/graph"
	engine "vigil/engine/run"
)

// ask shows a page and reads its answer.
func (t *terminal) ask(page engine.Page) (engine.Input, error) {
	fmt.Fprintf(t.out, "\n── %s ── %s\n", page.Title, page.Node)
	for _, words := range []string{page.Text, page.Notice, page.QR, page.Show} {
		if words != "" {
			fmt.Fprintln(t.out, words)
		}
	}
	if page.Wait != nil {
		fmt.Fprintln(t.out, "It waits for another device: type :open to open the link there, :look to look whether it has answered.")
	}
	if page.Message != "" {
		fmt.Fprintf(t.out, "! %s\n", page.Message)
	}
	input := engine.Input{Node: page.Node, Values: map[string]string{}}
	for i := range page.Fields {
		value, err := t.field(&page.Fields[i])
		if err != nil {
			return input, err
		}
		input.Values[page.Fields[i].Name] = value
		if page.Fields[i].Type.Pressed() && value != "" {
			input.Button = page.Fields[i].Name
		}
	}
	if input.Button != "" || len(page.Buttons) == 0 {
		return input, nil
	}
	button, err := t.button(page)
	input.Button = button
	return input, err
}

func (t *terminal) field(f *engine.PageField) (string, error) {
	if f.Problem != "" {
		fmt.Fprintf(t.out, "! %s\n", f.Message)
	}
	for i, o := range f.Options {
		fmt.Fprintf(t.out, "  %d  %s\n", i+1, o.Label)
	}
	prompt := f.Label
	switch {
	case f.Type == graph.CheckboxField:
		prompt += " (y or n)"
	case f.Type.Pressed():
		prompt += " (whose, or nothing)"
	case f.Value != "":
		prompt += " [" + f.Value + "]"
	}
	fmt.Fprintf(t.out, "%s: ", prompt)
	text, err := t.line(f.Type == graph.PasswordField || f.Type == graph.NewPasswordField || f.Type == graph.CodeField)
	if err != nil {
		return "", err
	}
	if at, err := strconv.Atoi(text); err == nil && at >= 1 && at <= len(f.Options) {
		return f.Options[at-1].Value, nil
	}
	switch {
	case f.Type == graph.CheckboxField && text != "":
		return strconv.FormatBool(strings.HasPrefix(strings.ToLower(text), "y")), nil
	case text == "":
		return f.Value, nil
	}
	return text, nil
}

// button asks which one is pressed. Of one alone nobody is asked.
func (t *terminal) button(page engine.Page) (string, error) {
	buttons := page.Buttons
	if len(buttons) == 1 && page.Wait == nil {
		return buttons[0].Name, nil
	}
	for i, b := range buttons {
		fmt.Fprintf(t.out, "  %d  %s\n", i+1, b.Label)
	}
	for {
		fmt.Fprint(t.out, "press [1]: ")
		text, err := t.line(false)
		if err != nil {
			return "", err
		}
		if text == "" {
			return buttons[0].Name, nil
		}
		for i, b := range buttons {
			if text == b.Name || text == strconv.Itoa(i+1) {
				return b.Name, nil
			}
		}
		fmt.Fprintf(t.out, "There is no %q.\n", text)
	}
}

// line reads an answer, and obeys what is none.
func (t *terminal) line(secret bool) (string, error) {
	for {
		text, err := t.read(secret)
		if err != nil {
			return "", err
		}
		switch word, rest, _ := strings.Cut(text, " "); word {
		case ":quit":
			return "", errQuit
		case ":back":
			return "", errBack
		case ":open":
			return "", errOpen
		case ":look":
			return "", errLook
		case ":wait":
			d, err := connector.ParseDuration(strings.TrimSpace(rest))
			if err != nil {
				fmt.Fprint(t.out, "write it as :wait 10m: ")
				continue
			}
			t.stage.Advance(d)
			fmt.Fprintf(t.out, "%s later: ", connector.FormatDuration(d))
		default:
			return text, nil
		}
	}
}

func (t *terminal) read(secret bool) (string, error) {
	if file, ok := t.in.(*os.File); ok && secret && term.IsTerminal(int(file.Fd())) {
		text, err := term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(t.out)
		return string(text), err
	}
	if !t.lines.Scan() {
		if err := t.lines.Err(); err != nil {
			return "", err
		}
		return "", errLeft
	}
	return t.lines.Text(), nil
}

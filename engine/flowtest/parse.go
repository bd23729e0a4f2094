package flowtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// parse reads a test file against its flow.
func parse(flow *graph.Flow, name string, source []byte) (file, []diag.Diagnostic) {
	r := &reader{name: name, flow: flow, users: map[string]*person{}}
	top := r.load(source)
	if top == nil {
		return file{}, r.diags
	}
	if top.Kind != yaml.MappingNode {
		r.shape(top, "a test file", "a map", "begin with flow: "+flow.Name)
		return file{}, r.diags
	}
	defer func() { diag.Sort(r.diags) }()
	keys := r.keys(top, "a test file", "flow", "users", "devices", "settings", "secrets", "cases")
	switch of := keys["flow"]; {
	case of == nil:
		r.mistake(top, "missing-key", "write flow: "+flow.Name, "the test file does not name its flow")
	case of.Value != flow.Name:
		r.mistake(of, "unknown-flow", "write flow: "+flow.Name, "these tests are for %q, the flow is %q", of.Value, flow.Name)
	}
	if users := keys["users"]; users != nil {
		r.lost = users.Kind != yaml.MappingNode
		r.people(users)
	}
	r.waits = r.devices(keys["devices"])
	f := file{users: r.users, waits: r.waits, around: r.surroundings(top, keys)}
	if keys["cases"] == nil {
		r.mistake(top, "missing-key", "add cases: with one case at least: - name: what it promises", "a test file has no cases")
		return f, r.diags
	}
	first := map[string]*yaml.Node{}
	for _, n := range r.items(keys["cases"], "cases") {
		c := r.testCase(n)
		if before := first[c.name]; before != nil && c.name != "" {
			r.mistake(n, "duplicate-name", "say how they differ", "two cases are called %q", c.name)
			r.diags[len(r.diags)-1].Related = []diag.Related{{Message: "the first stands here", Range: r.place(before)}}
		}
		first[c.name] = n
		f.cases = append(f.cases, c)
	}
	return f, r.diags
}

// people reads users. No two have the same user name: only one of them could sign on by it.
func (r *reader) people(users *yaml.Node) {
	first := map[string]*yaml.Node{}
	for _, p := range r.entries(users, "users") {
		one := r.person(p.key.Value, p.value)
		r.users[p.key.Value] = one
		name := strings.ToLower(one.account.Username)
		if before := first[name]; before != nil {
			r.mistake(p.key, "duplicate-name", fmt.Sprintf("write %s wherever this one stands, or give this one another username", before.Value),
				"the users %q and %q have the same user name %q", before.Value, p.key.Value, one.account.Username)
			r.diags[len(r.diags)-1].Related = []diag.Related{{Message: "the first stands here", Range: r.place(before)}}
			continue
		}
		first[name] = p.key
	}
}

func (r *reader) person(name string, n *yaml.Node) *person {
	keys := r.keys(n, "a user", "username", "password", "email", "emailVerified", "givenName", "familyName", "phone", "enabled", "groups", "attributes", "locked", "mustChange", "passkey", "external", "totp", "recovery")
	p := &person{
		password: r.text(keys["password"], "password"), locked: r.flag(keys["locked"], "locked"), mustChange: r.flag(keys["mustChange"], "mustChange"),
		account: connector.AccountValue{
			ID: name, Username: r.text(keys["username"], "username"), Email: r.text(keys["email"], "email"), Phone: r.text(keys["phone"], "phone"),
			EmailVerified: r.flag(keys["emailVerified"], "emailVerified"),
			GivenName:     r.text(keys["givenName"], "givenName"), FamilyName: r.text(keys["familyName"], "familyName"),
			Groups: r.texts(keys["groups"], "groups"), Enabled: keys["enabled"] == nil || r.flag(keys["enabled"], "enabled"),
			CreatedAt: epoch(), // when the case begins
		},
	}
	if p.password != "" {
		p.account.PasswordChanged = epoch()
	}
	p.totp, p.recovery = r.flag(keys["totp"], "totp"), r.texts(keys["recovery"], "recovery")
	p.passkey, p.external = r.flag(keys["passkey"], "passkey"), r.texts(keys["external"], "external")
	if p.account.Username == "" {
		p.account.Username = name
	}
	if attributes := keys["attributes"]; attributes != nil {
		p.account.Attributes = map[string]string{}
		for _, a := range r.entries(attributes, "attributes") {
			p.account.Attributes[a.key.Value] = r.text(a.value, "an attribute")
		}
	}
	return p
}

func (r *reader) testCase(n *yaml.Node) testCase {
	keys := r.keys(n, "a case", "name", "inputs", "settings", "session", "request", "answers", "steps")
	r.named = nil
	c := testCase{where: r.place, name: r.text(keys["name"], "name"), answers: map[place][]answer{}}
	if c.name == "" {
		r.mistake(n, "missing-key", "add name: and say in a sentence what it promises", "the case has no name")
	}
	c.inputs, c.settings = r.inputs(n, keys["inputs"]), r.settings(keys["settings"])
	if s := keys["session"]; s != nil {
		c.session = r.seed(s)
	}
	if q := keys["request"]; q != nil {
		c.request = r.request(q)
	}
	if answers := keys["answers"]; answers != nil {
		for _, p := range r.entries(answers, "answers") {
			r.answers(p, c.answers)
		}
	}
	if keys["steps"] == nil {
		r.mistake(n, "missing-key", "add steps: the last one says how it ends", "the case has no steps")
		return c
	}
	for _, s := range r.items(keys["steps"], "steps") {
		c.steps = append(c.steps, r.step(s))
	}
	r.returns()
	return c
}

func (r *reader) seed(n *yaml.Node) *seed {
	if n.Kind != yaml.MappingNode {
		r.shape(n, "a session", "a map", orElse(strings.Replace("write session: {user: NAME}", "NAME", n.Value, 1), "name one of the users"))
		return &seed{}
	}
	keys := r.keys(n, "a session", "user", "methods", "age", "idleTimeout")
	if keys["user"] == nil {
		r.mistake(n, "missing-key", "add user: and the name of one of the users", "the session has no user")
		return &seed{}
	}
	return &seed{
		user: r.user(keys["user"]), methods: r.texts(keys["methods"], "methods"),
		age: r.duration(keys["age"], "age"), idle: r.duration(keys["idleTimeout"], "idleTimeout"),
	}
}

func (r *reader) request(n *yaml.Node) connector.Request {
	keys := r.keys(n, "a request", "clientId", "loginHint", "userCode", "scopes", "acrValues", "maxAge", "ip", "country", "language", "locale", "browser", "reauthenticate")
	q := connector.Request{
		ClientID: r.text(keys["clientId"], "clientId"), LoginHint: r.text(keys["loginHint"], "loginHint"), UserCode: r.text(keys["userCode"], "userCode"),
		Scopes: r.texts(keys["scopes"], "scopes"), ACRValues: r.texts(keys["acrValues"], "acrValues"), MaxAge: r.duration(keys["maxAge"], "maxAge"),
		IP: r.text(keys["ip"], "ip"), Country: r.text(keys["country"], "country"), Language: r.text(keys["language"], "language"), Locale: r.text(keys["locale"], "locale"),
		Reauthenticate: r.flag(keys["reauthenticate"], "reauthenticate"),
	}
	if b := keys["browser"]; b != nil {
		keys := r.keys(b, "a browser", "name", "version", "platform", "passkeys")
		q.Browser = connector.Browser{
			Name: r.text(keys["name"], "name"), Version: r.text(keys["version"], "version"),
			Platform: r.text(keys["platform"], "platform"),
		}
		if q.Browser.Passkeys = q.Browser.KnowsPasskeys(); keys["passkeys"] != nil {
			q.Browser.Passkeys = r.flag(keys["passkeys"], "passkeys")
		}
	}
	return q
}

func (r *reader) step(n *yaml.Node) step {
	keys := r.keys(n, "a step", "at", "enter", "press", "times", "message", "notice", "shows", "advance", "opens", "ends", "with", "proved", "passed", "session", "reads", "as", "to", "subject", "says")
	s := step{reads: keys["reads"], node: n, at: keys["at"], ends: keys["ends"], session: keys["session"], message: keys["message"], notice: keys["notice"], times: 1}
	r.stepKind(n, keys)
	if s.at != nil {
		r.readAt(&s, keys)
	}
	if s.opens = keys["opens"]; s.opens != nil {
		s.part = r.opens(s.opens)
	}
	if s.reads != nil {
		r.readReads(&s, keys)
	}
	if s.ends != nil {
		if r.endOf(s.ends) && keys["with"] != nil {
			s.with = r.entries(keys["with"], "with")
			for _, p := range s.with {
				r.expectation(s.ends.Value, p)
			}
		}
		s.proved, s.passed = keys["proved"], keys["passed"]
		r.texts(s.proved, "proved")
		r.texts(s.passed, "passed")
		if s.passed != nil {
			for _, passed := range s.passed.Content {
				r.nodeOf(passed, r.flow, passed.Value)
			}
		}
	}
	if s.ends != nil {
		r.returns()
	}
	s.advance = r.duration(keys["advance"], "advance")
	if s.session != nil && s.session.Value != "none" {
		r.user(s.session)
	}
	return s
}

// belongs tells which keys go with which kind of step.
var belongs = map[string][]string{
	"at":      {"enter", "press", "times", "message", "notice", "shows"},
	"ends":    {"with", "proved", "passed"},
	"advance": nil,
	"opens":   nil,
	"session": nil,
	"reads":   {"as", "to", "subject", "says"},
}

// stepKind holds that a step is of one kind and has only the keys of that kind.
func (r *reader) stepKind(n *yaml.Node, keys map[string]*yaml.Node) {
	var kinds []string
	for _, kind := range kindsOfSteps {
		if keys[kind] != nil {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) != 1 {
		switch {
		case len(kinds) > 1:
			r.mistake(n, "shape", "write each in a step of its own", "a step has exactly one of at, ends, advance, opens, session and reads; this has %s", strings.Join(kinds, " and "))
		case n.Kind == yaml.MappingNode:
			r.mistake(n, "shape", "write at: and the form where that happens, or ends: success", "a step has exactly one of at, ends, advance, opens, session and reads; this has none")
		}
		return
	}
	for _, p := range r.entries(n, "a step") {
		key := p.key.Value
		if keys[key] == p.value && key != kinds[0] && !slices.Contains(belongs[kinds[0]], key) {
			r.mistake(p.key, "unknown-key", belongsTo(key), "a step with %q has no key %q", kinds[0], key)
		}
	}
}

// belongsTo says with what a key of a step goes.
func belongsTo(key string) string {
	for _, kind := range kindsOfSteps {
		if slices.Contains(belongs[kind], key) {
			return fmt.Sprintf("%s goes with %s: write a step of its own", key, kind)
		}
	}
	return "write a step of its own"
}

var kindsOfSteps = []string{"at", "ends", "advance", "opens", "session", "reads"}

func (r *reader) readAt(s *step, keys map[string]*yaml.Node) {
	path := r.text(s.at, "at")
	s.input = run.Input{Node: path, Button: r.text(keys["press"], "press"), Values: map[string]string{}}
	s.act = keys["enter"] != nil || keys["press"] != nil
	form, _ := r.resolve(s.at, path)
	if form != nil && form.Form == nil {
		r.mistake(s.at, "unknown-node", "wait at a form", "%q is not a form: nobody stops there", path)
	}
	if enter := keys["enter"]; enter != nil {
		for _, p := range r.entries(enter, "enter") {
			s.input.Values[p.key.Value] = r.text(p.value, "an entry")
			r.knownField(form, p.key)
			r.knownEntry(p.value, p.value.Value)
		}
	}
	if shows := keys["shows"]; shows != nil {
		s.shows = r.entries(shows, "shows")
		for _, p := range s.shows {
			r.knownField(form, p.key)
		}
	}
	if press := keys["press"]; press != nil {
		r.knownButton(form, press)
	}
	r.text(s.message, "message")
	r.text(s.notice, "notice")
	if times := keys["times"]; times != nil {
		count, err := strconv.Atoi(times.Value)
		if err != nil || count < 1 || count > 1000 {
			r.mistake(times, "type-literal", "write a number from 1 to 1000", "times is %q, wanted a number from 1 to 1000", times.Value)
			count = 1
		}
		s.times = count
	}
}

func (r *reader) knownField(node *graph.Node, key *yaml.Node) {
	if node == nil || node.Form == nil {
		return
	}
	names := make([]string, len(node.Form.Fields))
	for i := range node.Form.Fields {
		names[i] = node.Form.Fields[i].Name
	}
	if !slices.Contains(names, strings.TrimSuffix(key.Value, ".repeat")) {
		r.mistake(key, "unknown-field", diag.DidYouMean(key.Value, names, "Its fields are"), "form %q has no field %q", node.Name, key.Value)
	}
}

func (r *reader) knownButton(node *graph.Node, press *yaml.Node) {
	if node == nil || node.Form == nil {
		return
	}
	names := make([]string, len(node.Form.Buttons))
	for i := range node.Form.Buttons {
		names[i] = node.Form.Buttons[i].Name
	}
	if !slices.Contains(names, press.Value) {
		r.mistake(press, "unknown-button", diag.DidYouMean(press.Value, names, "Its buttons are"), "form %q has no button %q", node.Name, press.Value)
	}
}

package doctor

import "slices"

// Severity of a finding.
type Severity string

// Severities, from good to bad. A note needs nothing.
const (
	OK      Severity = "ok"
	Note    Severity = "note"
	Warning Severity = "warning"
	Error   Severity = "error"
)

// Finding is one thing that was examined.
type Finding struct {
	// Check names what was examined, in one stable word for programs.
	Check    string   `json:"check"`
	Severity Severity `json:"severity"`
	Summary  string   `json:"summary"`
	Why      string   `json:"why,omitempty"`
	Mend     []Mend   `json:"mend,omitempty"`
}

// Mend is what to write where.
type Mend struct {
	Where string `json:"where"` // nginx, Apache, Caddy, vigil.yaml, DNS, …
	Line  string `json:"line"`
}

// Worst is the worst severity among findings. None: OK.
func Worst(findings []Finding) Severity {
	order := []Severity{OK, Note, Warning, Error}
	worst := 0
	for _, f := range findings {
		worst = max(worst, slices.Index(order, f.Severity))
	}
	return order[worst]
}

// patient gathers findings of one check.
type patient struct{ found []Finding }

func (p *patient) add(f Finding) { p.found = append(p.found, f) }

func (p *patient) ok(check, summary string) {
	p.add(Finding{Check: check, Severity: OK, Summary: summary})
}

func nginx(line string) Mend  { return Mend{"nginx", line} }
func apache(line string) Mend { return Mend{"Apache", line} }
func caddy(line string) Mend  { return Mend{"Caddy", line} }
func config(line string) Mend { return Mend{"vigil.yaml", line} }

package tenant

// FlowPolicy shares the sign-ons of one name among several flows.
type FlowPolicy struct {
	Name  string // as flowPolicies of applications and acr_values name it
	Flows []FlowShare
}

// FlowShare is one flow of a policy.
type FlowShare struct {
	Flow   string
	Weight int // of the sum of all weights; zero: nobody is given this flow
	// RollBackAbove is the percentage of runs that may fail before the flow is taken back. Zero: it never is.
	RollBackAbove int
}

// FlowPolicy finds a policy by name. Nil: there is none.
func (e *Environment) FlowPolicy(name string) *FlowPolicy {
	for i := range e.FlowPolicies {
		if e.FlowPolicies[i].Name == name {
			return &e.FlowPolicies[i]
		}
	}
	return nil
}

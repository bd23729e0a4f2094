package config

import (
	"go.yaml.in/yaml/v4"

	"vigil/internal/tenant"
)

// policies makes policies. A text in the place of one is taken for what stands at applications: the name of a policy or a flow.
func policies() kind[tenant.FlowPolicy] {
	k := mapping("a policy", policyFields(), checkPolicy)
	read := k.read
	k.read = func(r *reader, n *yaml.Node, path string) (tenant.FlowPolicy, bool) {
		if n.Kind != yaml.ScalarNode {
			return read(r, n, path)
		}
		r.fault(n, ruleType, "wanted a policy, got %s", what(n)).Hint = "a policy is made here: {name: …, flows: [{flow: …, weight: 1}]}; names of flows and policies stand under flowPolicies of an application, or behind defaultFlow"
		r.hidden = append(r.hidden, n)
		return tenant.FlowPolicy{}, false
	}
	return k
}

func policyFields() []field[tenant.FlowPolicy] {
	return []field[tenant.FlowPolicy]{
		at("name", flowNames(), func(p *tenant.FlowPolicy) *string { return &p.Name },
			"what flowPolicies of applications, defaultFlow and acr_values call it; no flow has the same name").must(),
		at("flows", list("a list of flows", mapping("a flow", shareFields(), nil)), func(p *tenant.FlowPolicy) *[]tenant.FlowShare { return &p.Flows },
			"who is given what; the first is for everybody when no other is left").must(),
	}
}

func shareFields() []field[tenant.FlowShare] {
	return []field[tenant.FlowShare]{
		at("flow", flowNames(), func(f *tenant.FlowShare) *string { return &f.Flow }, "the flow").must(),
		at("weight", number(0, 1000), func(f *tenant.FlowShare) *int { return &f.Weight },
			"its share of the sum of all weights; a browser keeps its choice as long as the weights stay").must(),
		at("rollBackAbove", number(0, 100), func(f *tenant.FlowShare) *int { return &f.RollBackAbove },
			"a percentage: when more of its latest 200 runs than that failed by a fault, of at least 20, and twice as many as of the policy's others, nobody is given it any more until it is changed or restored").
			orElse("it is never taken back"),
	}
}

func checkPolicy(r *reader, n *yaml.Node, path string, p *tenant.FlowPolicy) {
	sum, first := 0, map[string]bool{}
	for i, f := range p.Flows {
		if sum += f.Weight; first[f.Flow] {
			r.fault(r.at(item(path+".flows", i)+".flow", n), ruleTwice, "the flow %s has a share of this policy already", shown(f.Flow)).Hint = "give it one weight"
		}
		first[f.Flow] = true
	}
	if r.sound(path+".flows") && sum == 0 {
		r.fault(n, ruleValue, "no flow of this policy has a weight").Hint = "give one of them a weight above 0"
	}
}

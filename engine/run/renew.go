package run

import (
	"slices"

	"vigil/engine/connector"
)

// after lets the run know what a capability changed behind its back.
func (x *execution) after(result *connector.Result) {
	if result.Renews != nil {
		x.renew(result.Renews)
	}
	if result.EndsSession {
		x.env.Session = nil
		x.state.Proofs = slices.DeleteFunc(x.state.Proofs, func(p Proved) bool { return p.SessionID != "" })
	}
}

// renew makes every value of an account the present one. What changed it bumped the account's epoch, and whoever signs the user on compares that:
// a value of before would be refused, although its owner proved it in this run.
func (x *execution) renew(now *connector.AccountValue) {
	for i := range x.state.Frames {
		f := &x.state.Frames[i]
		f.Inputs, f.Vars = renewed(f.Inputs, now), renewed(f.Vars, now)
		for node, outputs := range f.Outputs {
			f.Outputs[node] = renewed(outputs, now)
		}
	}
	if o := x.state.Opened; o != nil && o.AccountID == now.ID {
		x.state.Opened = &Opened{o.AccountID, now.Epoch}
	}
	if s := x.env.Session; s != nil && s.User.ID == now.ID {
		changed := *s
		changed.User.AccountValue = *now
		x.env.Session = &changed
	}
}

// renewed gives a copy: the values may be those of an earlier state, too.
func renewed(values Values, now *connector.AccountValue) Values {
	if values == nil {
		return nil
	}
	changed := make(Values, len(values))
	for name, value := range values {
		changed[name] = renewedValue(value, now)
	}
	return changed
}

func renewedValue(value any, now *connector.AccountValue) any {
	switch value := value.(type) {
	case connector.AccountValue:
		if value.ID == now.ID {
			return *now
		}
	case connector.UserValue:
		if value.ID == now.ID {
			return connector.UserValue{AccountValue: *now}
		}
	case connector.SessionValue:
		if value.User.ID == now.ID {
			value.User.AccountValue = *now
		}
		return value
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = renewedValue(value[i], now)
		}
		return list
	case map[string]any:
		return map[string]any(renewed(value, now))
	}
	return value
}

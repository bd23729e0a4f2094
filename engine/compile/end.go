package compile

import (
	"fmt"
	"slices"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/expression"
	"vigil/engine/graph"
	"vigil/engine/syntax"
)

var (
	texts    = connector.Type{Kind: connector.List, Elem: &connector.Type{Kind: connector.String}, Optional: true}
	length   = connector.Type{Kind: connector.Duration, Optional: true}
	claims   = connector.Type{Kind: connector.Object, Optional: true}
	anyText  = connector.Type{Kind: connector.String}
	sometext = connector.Type{Kind: connector.String, Optional: true}
)

// successInputs are what `end: success` takes.
var successInputs = []connector.Field{
	{Name: "user", Type: connector.Type{Kind: connector.User}, Doc: "Who is signed on."},
	{Name: "idleTimeout", Type: length, Doc: "The session ends after so long without activity. Left out: 30d."},
	{Name: "maxLifetime", Type: length, Doc: "It ends so long after it began. Left out: never by that."},
	{Name: "persistent", Type: connector.Type{Kind: connector.Bool, Optional: true}, Doc: "Whether a session that begins outlives the browser; one that goes on stays as it began. Left out: as the cookies of the environment say."},
	{Name: "requires", Type: texts, Doc: "Methods, or classes of them, that must be proved for this user on every path."},
	{Name: "acr", Type: sometext, Doc: "The acr of the ID token."},
	{Name: "scopes", Type: texts, Doc: "Of the requested scopes no more than these are given. Left out: all."},
	{Name: "idTokenClaims", Type: claims, Doc: "Further claims of the ID token."},
	{Name: "accessTokenClaims", Type: claims, Doc: "Further claims of the access token."},
	{Name: "authenticationMethods", Type: texts, Doc: "What the amr of the ID token names beside the methods that were proved."},
	{Name: "device", Type: connector.Type{Kind: connector.DeviceRequest, Optional: true}, Doc: "The device that is let in, as deviceCode.check found it: in a deviceFlow alone."},
}

// errorInputs are what `end: error` takes.
var errorInputs = []connector.Field{
	{Name: "code", Type: anyText, Doc: "What the application is told, of the list below."},
	{Name: "description", Type: sometext, Doc: "More about it, for the people who run the application."},
}

// end compiles what an end is given.
func (c *compiler) end(node *graph.Node, w *syntax.Work) {
	if node.End.Outcome == "" || c.flow.Part && node.End.Outcome != "error" && c.file.Lost["outcomes"] {
		for i := range w.With {
			c.value(&w.With[i].Value, connector.Type{}, w.With[i].Key.Value)
		}
		return
	}
	node.End.With = c.arguments(w, c.endInputs(node.End.Outcome), fmt.Sprintf("the end %q", node.End.Outcome))
	for i := range node.End.With {
		c.endLiteral(node.End, &node.End.With[i])
	}
}

func (c *compiler) endInputs(outcome string) []connector.Field {
	if outcome == "error" {
		return errorInputs
	}
	if !c.flow.Part {
		return successInputs
	}
	for _, o := range c.flow.Outcomes {
		if o.Name == outcome {
			return o.Outputs
		}
	}
	return nil
}

// endLiteral holds against the rules what must be written out in an end: error codes and required methods.
func (c *compiler) endLiteral(end *graph.End, a *graph.Argument) {
	switch {
	case end.Outcome == "error" && a.Name == "code":
		literal, ok := a.Value.(expression.Literal)
		if !ok {
			c.report("type-literal", a.Range, "the code of an error must be written out", "write one of "+strings.Join(connector.EndCodes(), ", "))
			return
		}
		if code, _ := literal.Value().(string); !slices.Contains(connector.EndCodes(), code) {
			c.report("error-code", a.Range, fmt.Sprintf("there is no error code %q", code), diag.DidYouMean(code, connector.EndCodes(), "The codes are"))
		}
	case end.Outcome == "success" && a.Name == "requires" && !c.flow.Part:
		if expression.Words(a.Value) == nil {
			c.report("type-literal", a.Range, "the required methods must be written out", "write requires: [pwd, otp]")
			return
		}
		c.required(a)
	case end.Outcome == "success" && !c.flow.Part && (a.Name == "idleTimeout" || a.Name == "maxLifetime"):
		if literal, ok := a.Value.(expression.Literal); ok && fmt.Sprint(literal.Value()) == "0s" {
			c.report("type-literal", a.Range, fmt.Sprintf("%s is nothing: the session would end at once", a.Name), "write a longer one, such as 30m")
		}
	}
}

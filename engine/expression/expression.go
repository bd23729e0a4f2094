package expression

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/expr-lang/expr/vm"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/graph"
)

// Resolver says what a reference is. The message and the hint say why there is no such thing; an empty message without a type
// says that the mistake is already known, and keeps the expression quiet about it.
type Resolver func(root, name string) (connector.Type, *Unknown)

// Unknown says why a reference is none.
type Unknown struct {
	Rule, Summary, Hint string
	// AtRoot: the mistake is in the word before the dot.
	AtRoot bool
}

// Place finds characters of an expression in the file.
type Place func(offset, length int) diag.Range

// Expression is a compiled expression. It is immutable and safe for many runs at once.
type Expression struct {
	source    string
	typ       connector.Type
	refs      []reference
	needs     []graph.Need
	whole     *graph.Reference // the expression is nothing but this reference
	program   *vm.Program
	envType   reflect.Type
	usesClock bool
	cost      int
	head      string
}

// reference is one place where an expression reads a value.
type reference struct {
	graph.Reference
	typ  connector.Type
	soft bool // may be absent: it stands before ??, or its type is optional
}

// Error says that an expression could not be computed. It quotes the expression, which the author wrote, and no value.
type Error struct {
	Expression string
	Reason     string
}

// Error quotes the expression and gives the reason.
func (e *Error) Error() string { return fmt.Sprintf("compute %q: %s", e.Expression, e.Reason) }

var errAbsent = errors.New("it yields nothing")

// Type is what was proved of the value.
func (e *Expression) Type() connector.Type { return e.typ }

// Source is the expression as it was written, without its mark.
func (e *Expression) Source() string { return e.source }

// Cost is what compiling it took: its bytes, and the steps of its patterns.
func (e *Expression) Cost() int { return e.cost }

// Head is the text that its value begins with, whatever else it holds. Empty: nobody knows.
func (e *Expression) Head() string { return e.head }

// Needs tells which references must be there.
func (e *Expression) Needs() []graph.Need { return e.needs }

// Reads tells all references.
func (e *Expression) Reads() []graph.Reference {
	reads := make([]graph.Reference, len(e.refs))
	for i := range e.refs {
		reads[i] = e.refs[i].Reference
	}
	return reads
}

// Eval computes the value. It never panics; every failure is an *Error.
func (e *Expression) Eval(scope graph.Scope) (value any, err error) {
	defer func() {
		if r := recover(); r != nil {
			value, err = nil, &Error{e.source, "a step of it failed"}
		}
	}()
	value, err = e.compute(scope)
	if err == nil && value == nil && !e.typ.Optional {
		err = errAbsent
	}
	if err != nil {
		return nil, &Error{e.source, err.Error()}
	}
	return value, nil
}

func (e *Expression) compute(scope graph.Scope) (any, error) {
	if e.whole != nil {
		value, _ := scope.Lookup(e.whole.Root, e.whole.Name)
		return value, nil
	}
	env := reflect.New(e.envType)
	for i := range e.refs {
		ref := &e.refs[i]
		value, _ := scope.Lookup(ref.Root, ref.Name)
		if value == nil {
			if !ref.soft {
				return nil, fmt.Errorf("%s is not there", ref.Reference)
			}
			continue
		}
		in, err := inward(value, ref.typ)
		if err != nil {
			return nil, fmt.Errorf("%s %w", ref.Reference, err)
		}
		env.Elem().Field(i).Set(reflect.ValueOf(in))
	}
	if e.usesClock {
		env.Elem().Field(len(e.refs)).Set(reflect.ValueOf(scope.Now()))
	}
	machine := vm.VM{MemoryBudget: memoryBudget}
	out, err := machine.Run(e.program, env.Interface())
	if err != nil {
		return nil, reason(err)
	}
	return outward(out, e.typ)
}

// memoryBudget is how many list entries one evaluation may make.
const memoryBudget = 10_000

// reason keeps what our own functions say, and drops what expr-lang says: that may quote data.
func reason(err error) error {
	var known *functionError
	if errors.As(err, &known) {
		return known
	}
	return errors.New("a step of it failed, or it yields nothing")
}

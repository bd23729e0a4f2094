package expression

import (
	"fmt"
	"reflect"
	"time"

	"vigil/engine/connector"
)

const (
	maxList = 200
	maxText = 64 << 10
)

var (
	anyType     = reflect.TypeFor[any]()
	stringType  = reflect.TypeFor[string]()
	boolType    = reflect.TypeFor[bool]()
	numberType  = reflect.TypeFor[float64]()
	lengthType  = reflect.TypeFor[time.Duration]()
	momentType  = reflect.TypeFor[time.Time]()
	accountType = reflect.TypeFor[*connector.AccountValue]()
	userType    = reflect.TypeFor[*connector.UserValue]()
	sessionType = reflect.TypeFor[*connector.SessionValue]()
	objectType  = reflect.TypeFor[map[string]any]()
)

// leafType is the Go type under which expr-lang sees a value of this type. What may be absent is always `any`: a plain Go value would
// turn an absent text into an empty one, and ?? would never look further.
func leafType(t connector.Type) reflect.Type {
	switch t.Kind {
	case connector.String:
		return stringType
	case connector.Bool:
		return boolType
	case connector.Number:
		return numberType
	case connector.Duration:
		return lengthType
	case connector.Time:
		return momentType
	case connector.Account:
		return accountType
	case connector.User:
		return userType
	case connector.Session:
		return sessionType
	case connector.Object:
		return objectType
	case connector.List:
		if t.Elem == nil {
			return reflect.SliceOf(anyType)
		}
		return reflect.SliceOf(leafType(*t.Elem))
	}
	return anyType
}

// inward turns a value of the flow into what expr-lang computes with.
func inward(value any, t connector.Type) (any, error) {
	if leafType(t) == anyType {
		return value, nil
	}
	switch v := value.(type) {
	case connector.UserValue:
		if t.Kind == connector.Account {
			return &v.AccountValue, nil
		}
		return inKind(&v, t, connector.User)
	case connector.AccountValue:
		return inKind(&v, t, connector.Account)
	case connector.SessionValue:
		return inKind(&v, t, connector.Session)
	case string:
		if len(v) > maxText {
			return nil, fmt.Errorf("is longer than %d KiB", maxText>>10)
		}
		return inKind(v, t, connector.String)
	case bool:
		return inKind(v, t, connector.Bool)
	case float64:
		return inKind(v, t, connector.Number)
	case time.Duration:
		return inKind(v, t, connector.Duration)
	case time.Time:
		return inKind(v, t, connector.Time)
	case map[string]any:
		return inKind(v, t, connector.Object)
	case []any:
		return inwardList(v, t)
	}
	return nil, fmt.Errorf("is no %s", t)
}

func inKind(value any, t connector.Type, kind connector.Kind) (any, error) {
	if t.Kind != kind {
		return nil, fmt.Errorf("is no %s", t)
	}
	return value, nil
}

func inwardList(values []any, t connector.Type) (any, error) {
	if t.Kind != connector.List {
		return nil, fmt.Errorf("is no %s", t)
	}
	if len(values) > maxList {
		return nil, fmt.Errorf("has more than %d entries", maxList)
	}
	list := reflect.MakeSlice(leafType(t), 0, len(values))
	for _, value := range values {
		in := value
		if t.Elem != nil {
			var err error
			if in, err = inward(value, *t.Elem); err != nil {
				return nil, fmt.Errorf("holds something that %w", err)
			}
		}
		list = reflect.Append(list, reflect.ValueOf(in))
	}
	return list.Interface(), nil
}

// outward turns a result of expr-lang into a value of the flow.
func outward(value any, t connector.Type) (any, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case int:
		return float64(v), nil
	case string:
		if len(v) > maxText {
			return nil, fmt.Errorf("it is longer than %d KiB", maxText>>10)
		}
		return v, nil
	case *connector.UserValue:
		return person(*v, t), nil
	case connector.UserValue:
		return person(v, t), nil
	case *connector.AccountValue:
		return *v, nil
	case *connector.SessionValue:
		return *v, nil
	case map[string]string:
		object := make(map[string]any, len(v))
		for key, text := range v {
			object[key] = text
		}
		return object, nil
	}
	if list := reflect.ValueOf(value); list.Kind() == reflect.Slice {
		return outwardList(list, t)
	}
	return value, nil
}

// person is a user, or the account of one where an account was promised.
func person(user connector.UserValue, t connector.Type) any {
	if t.Kind == connector.Account {
		return user.AccountValue
	}
	return user
}

func outwardList(list reflect.Value, t connector.Type) (any, error) {
	if list.Len() > maxList {
		return nil, fmt.Errorf("it has more than %d entries", maxList)
	}
	elem := connector.Type{}
	if t.Elem != nil {
		elem = *t.Elem
	}
	values := make([]any, list.Len())
	for i := range values {
		out, err := outward(list.Index(i).Interface(), elem)
		if err != nil {
			return nil, err
		}
		values[i] = out
	}
	return values, nil
}

package expression

import (
	"errors"
	"fmt"
	"math"
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
	case connector.Object, connector.Device, connector.DeviceRequest:
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
		if t.Kind == connector.Device || t.Kind == connector.DeviceRequest {
			return v, nil
		}
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

// outward turns a result of expr-lang into a value of the flow, and holds it against the type that was proved.
func outward(value any, t connector.Type) (any, error) {
	if value == nil {
		return nil, nil
	}
	switch t.Kind {
	case connector.String:
		if s, ok := value.(string); ok {
			if len(s) > maxText {
				return nil, fmt.Errorf("it is longer than %d KiB", maxText>>10)
			}
			return s, nil
		}
	case connector.Number:
		return number(value)
	case connector.Account, connector.User, connector.Session:
		return record(value, t)
	case connector.Object:
		return object(value)
	case connector.List:
		if list := reflect.ValueOf(value); list.Kind() == reflect.Slice {
			return outwardList(list, t)
		}
	default:
		if leaf := leafType(t); leaf == anyType || reflect.TypeOf(value) == leaf {
			return value, nil
		}
	}
	return nil, errOther
}

var errOther = errors.New("it yields something of another type")

func number(value any) (any, error) {
	n, ok := value.(float64)
	if whole, isWhole := value.(int); isWhole {
		n, ok = float64(whole), true
	}
	switch {
	case !ok:
		return nil, errOther
	case math.IsNaN(n) || math.IsInf(n, 0):
		return nil, errors.New("it yields no finite number")
	}
	return n, nil
}

func record(value any, t connector.Type) (any, error) {
	switch v := value.(type) {
	case *connector.UserValue:
		return record(*v, t)
	case *connector.AccountValue:
		return record(*v, t)
	case *connector.SessionValue:
		return record(*v, t)
	case connector.UserValue:
		if t.Kind == connector.Account {
			return v.AccountValue, nil
		}
		if t.Kind == connector.User {
			return v, nil
		}
	case connector.AccountValue:
		if t.Kind == connector.Account {
			return v, nil
		}
	case connector.SessionValue:
		if t.Kind == connector.Session {
			return v, nil
		}
	}
	return nil, errOther
}

func object(value any) (any, error) {
	switch v := value.(type) {
	case map[string]any:
		return v, nil
	case map[string]string:
		object := make(map[string]any, len(v))
		for key, text := range v {
			object[key] = text
		}
		return object, nil
	}
	return nil, errOther
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

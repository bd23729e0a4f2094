package store

import (
	"context"
	"reflect"
	"testing"

	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
	"vigil/internal/store/schema"
)

func TestAStepIsWrittenOverTheVeryRunThatItWasMadeOf(t *testing.T) {
	s := kvtest.DoubleRun(t, kvtest.NewWeak(schema.All(), 1))
	change := func(fn func(tx kv.Tx) error) {
		t.Helper()
		if err := s.Update(context.Background(), fn); err != nil {
			t.Fatal(err)
		}
	}
	read := func() (r *Run) {
		t.Helper()
		err := s.View(context.Background(), func(reader kv.Reader) (err error) {
			r, err = FindRun(reader, sampleRun().ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	step := func(run *Run, state string) (next Run, written bool) {
		t.Helper()
		next = *run
		next.State = []byte(state)
		change(func(tx kv.Tx) (err error) {
			if written, err = Unchanged(tx, run); err != nil || !written {
				return err
			}
			next.Version = run.Version
			return ReplaceRun(tx, &next)
		})
		return next, written
	}
	change(func(tx kv.Tx) error { return PutNewRun(tx, sampleRun()) })
	mine, theirs := read(), read()
	next, written := step(mine, "second page")
	if !written || !reflect.DeepEqual(read(), &next) || next.Version != mine.Version+1 {
		t.Fatalf("written: %v\n got %+v\nwant %+v", written, read(), next)
	}
	if _, written := step(theirs, "too late"); written {
		t.Error("a step was written over one that was faster")
	}
	if third, written := step(&next, "third page"); !written || !reflect.DeepEqual(read(), &third) {
		t.Error("a step was not written over the one before it")
	}
	for _, want := range []bool{true, false} {
		change(func(tx kv.Tx) error {
			if was, err := TakeRun(tx, &next); err != nil || was != want {
				t.Errorf("taken: %v, %v", was, err)
			}
			return nil
		})
	}
	if _, written := step(&next, "after the end"); written || read() != nil {
		t.Error("a run that is gone came back")
	}
}

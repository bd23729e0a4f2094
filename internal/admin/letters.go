package admin

import (
	"context"
	"fmt"

	"vigil/internal/mail"
	"vigil/internal/store/kv"
)

// Letters implements Operations.
func (l *Local) Letters(ctx context.Context, q NoticeList) ([]Letter, error) {
	if err := l.knows(q.Environment); err != nil {
		return nil, err
	}
	if q.Limit < 1 || q.Limit > kv.MaxKeys {
		return nil, &Error{CodeInvalid, fmt.Sprintf("limit is 1 to %d", kv.MaxKeys)}
	}
	var found []mail.Undelivered
	err := l.Live.KV.View(ctx, func(r kv.Reader) (err error) {
		found, err = mail.List(r, q.Environment, q.Limit)
		return err
	})
	list := make([]Letter, len(found))
	for i, u := range found {
		list[i] = Letter(u)
	}
	return list, failed(err, "letters")
}

package postgres

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"

	"vigil/internal/store/kv"
)

// Report is what Probe found.
type Report struct {
	Version string // of the server, such as 15.18
	TLS     bool
	Missing int // tables that Open will make
}

// Probe tells whether Open would succeed, and changes nothing. Errors are those of Open.
func (a *Address) Probe(ctx context.Context, buckets []kv.Bucket) (Report, error) {
	r, err := a.probe(ctx, buckets)
	if err != nil {
		return Report{}, fmt.Errorf("open store %s: %w", a, err)
	}
	return r, nil
}

func (a *Address) probe(ctx context.Context, buckets []kv.Bucket) (r Report, err error) {
	conn, err := a.connect(ctx)
	if err != nil {
		return r, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := a.suitable(ctx, conn, slog.New(slog.DiscardHandler)); err != nil {
		return r, err
	}
	missing, err := a.lacks(ctx, conn, buckets)
	if err != nil {
		return r, err
	}
	_, r.TLS = conn.PgConn().Conn().(*tls.Conn)
	r.Version, r.Missing = conn.PgConn().ParameterStatus("server_version"), len(missing)
	if len(missing) == 0 {
		return r, nil
	}
	return r, a.mayMake(ctx, conn)
}

// mayMake refuses a user who may not make what is missing.
func (a *Address) mayMake(ctx context.Context, conn *pgx.Conn) error {
	var there, may bool
	err := conn.QueryRow(ctx, `SELECT n.oid IS NOT NULL, CASE WHEN n.oid IS NULL THEN has_database_privilege(current_database(), 'CREATE') ELSE has_schema_privilege(n.oid, 'CREATE') END
		FROM (SELECT 1) one LEFT JOIN pg_namespace n ON n.nspname = $1`, a.schema).Scan(&there, &may)
	switch {
	case err != nil || may:
		return err
	case there:
		return a.refused("make tables", a.grantTables())
	}
	return a.refused("make the schema", a.grantSchema())
}

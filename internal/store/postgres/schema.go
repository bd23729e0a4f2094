package postgres

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"vigil/internal/store/kv"
)

const (
	// format is the version of the tables that this program makes and reads.
	format = 1
	// oldest PostgreSQL: the first with pg_current_xact_id.
	oldest = 130000
)

// prepare looks at the database and makes what is missing: one node at a time, everything or nothing. Later starts only read.
func (a *Address) prepare(ctx context.Context, buckets []kv.Bucket, log *slog.Logger) error {
	conn, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := a.suitable(ctx, conn, log); err != nil {
		return err
	}
	missing, err := a.lacks(ctx, conn, buckets)
	if err != nil || len(missing) == 0 {
		return err
	}
	return a.make(ctx, conn, buckets)
}

// lacks names the tables that are not there, and refuses a user who may not use those that are.
func (a *Address) lacks(ctx context.Context, conn *pgx.Conn, buckets []kv.Bucket) ([]string, error) {
	missing, err := a.missing(ctx, conn, buckets)
	if err == nil || code(err) == insufficientPrivilege {
		err = cmp.Or(a.permitted(ctx, conn), err)
	}
	return missing, err
}

// suitable refuses servers that cannot keep the contract, and asks for durable commits where the server would not wait for its disk.
func (a *Address) suitable(ctx context.Context, conn *pgx.Conn, log *slog.Logger) error {
	var version int
	var name, readOnly, commit, fsync, level string
	err := conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_version'),
		current_setting('transaction_read_only'), current_setting('synchronous_commit'), current_setting('fsync'),
		current_setting('default_transaction_isolation')`).Scan(&version, &name, &readOnly, &commit, &fsync, &level)
	switch {
	case err != nil:
		return err
	case version < oldest:
		return fmt.Errorf("PostgreSQL 13 or newer is needed, this is %s", name)
	case readOnly == "on":
		return fmt.Errorf("%w: the database is a standby, or set to default_transaction_read_only", kv.ErrReadOnly)
	}
	switch {
	case level != isolation:
		return a.setting("default_transaction_isolation", "'"+isolation+"'", level)
	case commit == "off" && a.pooled:
		return a.setting("synchronous_commit", "on", commit)
	case commit == "off":
		a.pool.ConnConfig.RuntimeParams["synchronous_commit"] = "on"
	}
	if fsync == "off" {
		log.Warn("the database does not wait for its disk: what was acknowledged may be lost when its machine stops", "store", a.String(), "fsync", fsync)
	}
	return nil
}

// setting refuses a database whose settings cannot be ours because a pooler stands in between.
func (a *Address) setting(name, wanted, is string) error {
	return fmt.Errorf("%s is %s, and behind a pooler only the database can set it: its owner says ALTER ROLE %s SET %s = %s", name, is, pgx.Identifier{a.pool.ConnConfig.User}.Sanitize(), name, wanted)
}

// missing names the tables that are not there, the engine's own first.
func (a *Address) missing(ctx context.Context, q querier, buckets []kv.Bucket) ([]string, error) {
	there, err := tables(ctx, q, a.schema)
	if err != nil {
		return nil, err
	}
	wanted := []string{formatTable}
	for _, b := range buckets {
		wanted = append(wanted, b.Name)
	}
	if slices.Contains(there, formatTable) {
		var version int
		if err := q.QueryRow(ctx, "SELECT version FROM "+pgx.Identifier{a.schema, formatTable}.Sanitize()).Scan(&version); err != nil {
			return nil, fmt.Errorf("read the format of schema %q: %w", a.schema, err)
		}
		if version != format {
			return nil, fmt.Errorf("schema %q has format %d, this program knows format %d", a.schema, version, format)
		}
	}
	return slices.DeleteFunc(wanted, func(name string) bool { return slices.Contains(there, name) }), nil
}

const formatTable = "_format"

// querier is a connection, a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func tables(ctx context.Context, q querier, schema string) ([]string, error) {
	rows, err := q.Query(ctx, "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r' ORDER BY 1", schema)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// make makes the schema and its tables under a lock that other nodes wait for.
func (a *Address) make(ctx context.Context, conn *pgx.Conn, buckets []kv.Bucket) error {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		// Several servers that start together wait for the first, on a slow disk for some seconds.
		if _, err := tx.Exec(ctx, "SELECT set_config('lock_timeout', '60s', true), set_config('statement_timeout', '60s', true)"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "vigil schema "+a.schema); err != nil {
			return err
		}
		missing, err := a.missing(ctx, tx, buckets)
		if err != nil || len(missing) == 0 {
			return err
		}
		var there bool
		if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", a.schema).Scan(&there); err != nil {
			return err
		}
		if !there {
			if _, err := tx.Exec(ctx, "CREATE SCHEMA "+pgx.Identifier{a.schema}.Sanitize()); err != nil {
				return a.mayNot("make the schema", a.grantSchema(), err)
			}
		}
		for _, b := range buckets {
			if !slices.Contains(missing, b.Name) {
				continue
			}
			if _, err := tx.Exec(ctx, definition(newTable(a.schema, b))); err != nil {
				return a.mayNot("make the table "+b.Name, a.grantTables(), err)
			}
		}
		if !slices.Contains(missing, formatTable) {
			return nil
		}
		name := pgx.Identifier{a.schema, formatTable}.Sanitize()
		if _, err := tx.Exec(ctx, "CREATE TABLE "+name+" (version int NOT NULL)"); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO "+name+" VALUES ($1)", format)
		return err
	})
	if err != nil {
		return fmt.Errorf("make schema %q: %w", a.schema, err)
	}
	return nil
}

// definition is one script. Room on each page lets updates stay on it; tables that are emptied from the front are cleaned early.
func definition(t *table) string {
	const early = "autovacuum_vacuum_scale_factor=0.01, autovacuum_vacuum_threshold=500"
	switch t.Kind {
	case kv.Log:
		return "CREATE SEQUENCE " + t.sequence + "; CREATE TABLE " + t.name +
			" (seq bigint PRIMARY KEY DEFAULT nextval('" + t.sequence + "'::regclass), value bytea NOT NULL) WITH (" + early + ");" +
			" ALTER SEQUENCE " + t.sequence + " OWNED BY " + t.name + ".seq"
	case kv.Ordered:
		return "CREATE TABLE " + t.name + " (key bytea PRIMARY KEY, value bytea NOT NULL, version xid8 NOT NULL) WITH (fillfactor=90, " + early + ")"
	default:
		return "CREATE TABLE " + t.name + " (key bytea PRIMARY KEY, value bytea NOT NULL, version xid8 NOT NULL) WITH (fillfactor=90)"
	}
}

// permitted refuses a user who may not use the tables that somebody else made.
func (a *Address) permitted(ctx context.Context, conn *pgx.Conn) error {
	var usable bool
	if err := conn.QueryRow(ctx, "SELECT coalesce((SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = $1), true)", a.schema).Scan(&usable); err != nil {
		return err
	}
	var refused []string
	if usable {
		rows, err := conn.Query(ctx, `SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND NOT CASE c.relkind
			WHEN 'r' THEN has_table_privilege(c.oid, 'SELECT') AND (c.relname = $2 OR has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
			WHEN 'S' THEN has_sequence_privilege(c.oid, 'USAGE') AND has_sequence_privilege(c.oid, 'SELECT') ELSE true END ORDER BY 1`, a.schema, formatTable)
		if err != nil {
			return err
		}
		if refused, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil || len(refused) == 0 {
			return err
		}
	}
	schema := pgx.Identifier{a.schema}.Sanitize()
	return fmt.Errorf("user %q may not use schema %q (%s): its owner says GRANT USAGE ON SCHEMA %s, then GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %s, then GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %s, each TO that user",
		a.pool.ConnConfig.User, a.schema, strings.Join(refused, ", "), schema, schema, schema)
}

// mayNot adds what helps to an error for want of rights.
func (a *Address) mayNot(what, grant string, err error) error {
	if code(err) != insufficientPrivilege {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%w: %w", a.refused(what, grant), err)
}

func (a *Address) refused(what, grant string) error {
	return fmt.Errorf("user %q may not %s: the database's owner says %s TO that user", a.pool.ConnConfig.User, what, grant)
}

func (a *Address) grantSchema() string {
	return "GRANT CREATE ON DATABASE " + pgx.Identifier{a.pool.ConnConfig.Database}.Sanitize()
}

func (a *Address) grantTables() string {
	return "GRANT CREATE ON SCHEMA " + pgx.Identifier{a.schema}.Sanitize()
}

package postgres

import (
	"strings"

	"github.com/jackc/pgx/v5"

	"vigil/internal/store/kv"
)

// table is a bucket with the statements on it. Those with Many take arrays.
type table struct {
	kv.Bucket
	name string // quoted, with its schema

	// Reads give key, value and version.
	get, many, scan, rest, lock string
	// Writes that fail with a division by zero unless they find what was read, so that nothing of a pipeline is committed.
	insert, check, update, remove                 string
	insertMany, checkMany, updateMany, removeMany string
	// Writes of what was not read.
	put, erase         string
	putMany, eraseMany string
	prune              string

	// Of a Log.
	sequence            string // quoted, with its schema
	entries, last       string
	appendOne, appendTo string
}

// must fails the whole pipeline unless a statement did to one row what it says.
func must(statement string) string {
	return "WITH done AS (" + statement + " RETURNING 1) SELECT 1/count(*) FROM done"
}

// mustAll is must for as many rows as the first array has.
func mustAll(statement string) string {
	return "WITH done AS (" + statement + " RETURNING 1) SELECT 1/(count(*)=cardinality($1::bytea[]))::int FROM done"
}

func newTable(schema string, b kv.Bucket) *table {
	t := &table{Bucket: b, name: pgx.Identifier{schema, b.Name}.Sanitize()}
	fill := func(statement string) string { return strings.ReplaceAll(statement, "TABLE", t.name) }
	if b.Kind == kv.Log {
		t.sequence = pgx.Identifier{schema, b.Name + "_seq"}.Sanitize()
		t.entries = fill("SELECT seq, value FROM TABLE WHERE seq > $1 ORDER BY seq LIMIT $2")
		t.last = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM " + t.sequence
		t.appendOne = fill("INSERT INTO TABLE (value) VALUES ($1)")
		t.appendTo = fill("INSERT INTO TABLE (value) SELECT v FROM unnest($1::bytea[]) WITH ORDINALITY AS u(v, n) ORDER BY n")
		t.prune = fill("WITH first AS (SELECT seq FROM TABLE WHERE seq < $1 ORDER BY seq LIMIT $2 FOR UPDATE) DELETE FROM TABLE t USING first WHERE t.seq = first.seq")
		return t
	}
	const columns = "SELECT key, value, version FROM TABLE WHERE "
	t.get = fill(columns + "key = $1")
	t.many = fill(columns + "key = ANY($1::bytea[])")
	t.scan = fill(columns + "key >= $1 AND key < $2 ORDER BY key LIMIT $3")
	t.rest = fill(columns + "key >= $1 ORDER BY key LIMIT $2")
	t.lock = fill(columns + "key = ANY($1::bytea[]) ORDER BY key FOR UPDATE")

	const read = "unnest($1::bytea[], $2::xid8[]) AS r(k, v)"
	const fresh = "pg_current_xact_id()"
	t.insert = fill(must("INSERT INTO TABLE VALUES ($1, $2, " + fresh + ") ON CONFLICT DO NOTHING"))
	t.insertMany = fill(mustAll("INSERT INTO TABLE SELECT k, v, " + fresh + " FROM unnest($1::bytea[], $2::bytea[]) AS w(k, v) ON CONFLICT DO NOTHING"))
	t.check = fill("WITH held AS (SELECT 1 FROM TABLE WHERE key = $1 AND version = $2 FOR SHARE) SELECT 1/count(*) FROM held")
	t.checkMany = fill("WITH held AS (SELECT 1 FROM TABLE t JOIN " + read + " ON t.key = r.k AND t.version = r.v FOR SHARE OF t) SELECT 1/(count(*)=cardinality($1))::int FROM held")
	t.update = fill(must("UPDATE TABLE SET value = $3, version = " + fresh + " WHERE key = $1 AND version = $2"))
	t.updateMany = fill(mustAll("UPDATE TABLE t SET value = r.w, version = " + fresh + " FROM unnest($1::bytea[], $2::xid8[], $3::bytea[]) AS r(k, v, w) WHERE t.key = r.k AND t.version = r.v"))
	t.remove = fill(must("DELETE FROM TABLE WHERE key = $1 AND version = $2"))
	t.removeMany = fill(mustAll("DELETE FROM TABLE t USING " + read + " WHERE t.key = r.k AND t.version = r.v"))
	const replace = " ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = excluded.version"
	t.put = fill("INSERT INTO TABLE VALUES ($1, $2, " + fresh + ")" + replace)
	t.putMany = fill("INSERT INTO TABLE SELECT k, v, " + fresh + " FROM unnest($1::bytea[], $2::bytea[]) AS w(k, v)" + replace)
	t.erase = fill("DELETE FROM TABLE WHERE key = $1")
	t.eraseMany = fill("DELETE FROM TABLE WHERE key = ANY($1::bytea[])")
	t.prune = fill("WITH first AS (SELECT key FROM TABLE WHERE key < $1 ORDER BY key LIMIT $2 FOR UPDATE) DELETE FROM TABLE t USING first WHERE t.key = first.key")
	return t
}

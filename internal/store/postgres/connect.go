package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	defaultSchema      = "vigil"
	defaultConnections = 16
	connectTimeout     = 5 * time.Second
	// callTimeout ends a round trip whose connection has died without a sign. The server gives up well before.
	callTimeout = 20 * time.Second
	// statementCache is larger than all statements of all buckets, which are prepared by name anyway.
	statementCache = 64
)

// session are the settings of every connection, unless the address says otherwise.
func session() map[string]string {
	return map[string]string{
		"application_name":                    "vigil",
		"statement_timeout":                   "10s",
		"lock_timeout":                        "3s",
		"idle_in_transaction_session_timeout": "15s",
		// Every statement looks keys up. Plans that were made while a table was empty must not read it whole once it is large.
		"plan_cache_mode":   "force_generic_plan",
		"enable_seqscan":    "off",
		"enable_bitmapscan": "off",
		"enable_hashjoin":   "off",
		"enable_mergejoin":  "off",
		"jit":               "off",
	}
}

// schemaName is short enough for names made from it, and needs no quotes.
var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,39}$`)

// Address is where a store lies: a database and a schema in it.
type Address struct {
	pool   *pgxpool.Config
	schema string
	mode   string // sslmode, as the address says
	// pooled: each transaction may be another session of the database, so nothing that belongs to a session is used: no settings of ours, no
	// prepared statements, no LISTEN.
	pooled bool
}

// ParseAddress reads postgres://user:password@host:port/database. Settings after ? are libpq's, such as sslmode, sslrootcert and
// target_session_attrs, or the session's; pool_max_conns is how many connections a node opens (16), search_path is the schema (vigil);
// pooler=transaction says that a pooler stands in between. Errors never show the password.
func ParseAddress(text string) (*Address, error) {
	u, err := url.Parse(text)
	// Who writes user:1/2@host has a slash of the password end the host: the rest would be shown as the database's name.
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.User == nil && strings.Contains(u.Path, "@") {
		return nil, errors.New("not an address of the form postgres://user:password@host/database, where characters like / @ : % of a password are written %2F %40 %3A %25")
	}
	config, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, errors.New(withoutPassword(err, u))
	}
	settings := config.ConnConfig.RuntimeParams
	a := &Address{pool: config, schema: settings["search_path"], mode: u.Query().Get("sslmode")}
	if a.schema == "" {
		a.schema = defaultSchema
	}
	if !schemaName.MatchString(a.schema) {
		return nil, fmt.Errorf("search_path=%s: wanted the name of one schema, up to 40 small letters, digits and _", a.schema)
	}
	if err := a.settle(settings); err != nil {
		return nil, err
	}
	if !u.Query().Has("pool_max_conns") {
		config.MaxConns = defaultConnections
	}
	config.MaxConnLifetimeJitter = config.MaxConnLifetime / 10
	config.ConnConfig.StatementCacheCapacity = statementCache
	if config.ConnConfig.ConnectTimeout == 0 || config.ConnConfig.ConnectTimeout > time.Minute {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	// A standby takes no writes: with several hosts, the one that does is meant.
	if len(config.ConnConfig.Fallbacks) > 0 && config.ConnConfig.ValidateConnect == nil {
		config.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	return a, nil
}

// settle makes the settings of a session complete, or, where there are no sessions, empty.
func (a *Address) settle(settings map[string]string) error {
	pooler, pooled := settings["pooler"]
	delete(settings, "pooler")
	if a.pooled = pooled; pooled {
		if pooler != "transaction" {
			return fmt.Errorf("pooler=%s: wanted pooler=transaction, which is good for a pooler in every mode", pooler)
		}
		a.pool.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
		delete(settings, "search_path") // every statement names the schema
		for name := range settings {
			return fmt.Errorf("%s: behind a pooler it is set in the database: ALTER ROLE … SET %s = …", name, name)
		}
		return nil
	}
	settings["search_path"] = a.schema
	for name, value := range session() {
		if _, set := settings[name]; !set {
			settings[name] = value
		}
	}
	// A pipeline is one transaction: with one snapshot for all of it, what a Log's reader finds out would not come one after the other.
	settings["default_transaction_isolation"] = isolation
	return nil
}

const isolation = "read committed"

// withoutPassword says what is wrong with an address. The driver masks passwords already; nothing rests on that.
func withoutPassword(err error, u *url.URL) string {
	said := err.Error()
	secrets := []string{u.Query().Get("password"), u.Query().Get("sslpassword")}
	if password, set := u.User.Password(); set {
		secrets = append(secrets, password)
	}
	for _, secret := range secrets {
		if secret != "" {
			said = strings.NewReplacer(secret, "xxxxx", url.QueryEscape(secret), "xxxxx", url.PathEscape(secret), "xxxxx").Replace(said)
		}
	}
	return said
}

// String names the store without user or password: host:port/database, and the schema unless it is the usual one.
func (a *Address) String() string {
	c := a.pool.ConnConfig
	name := net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))) + "/" + c.Database
	if a.schema != defaultSchema {
		name += "#" + a.schema
	}
	return name
}

// Unverified tells whether connections may go over a network without a proof of whom they reach: sslmode is neither verify-full nor verify-ca.
func (a *Address) Unverified() bool {
	if a.mode == "verify-full" || a.mode == "verify-ca" {
		return false
	}
	c := a.pool.ConnConfig
	hosts := []string{c.Host}
	for _, f := range c.Fallbacks {
		hosts = append(hosts, f.Host)
	}
	for _, host := range hosts {
		ip := net.ParseIP(host)
		if !strings.HasPrefix(host, "/") && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return true
		}
	}
	return false
}

// addPooler is what helps where a pooler stands in between and the address does not say so.
const addPooler = "add pooler=transaction to the address"

// connect opens one connection beside the pool.
func (a *Address) connect(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, a.pool.ConnConfig.Copy())
	if err != nil && strings.Contains(err.Error(), "startup parameter") {
		return nil, fmt.Errorf("%w: a pooler answers, which passes no settings on: %s", err, addPooler)
	}
	return conn, err
}

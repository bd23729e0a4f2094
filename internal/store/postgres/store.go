package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"vigil/internal/store/kv"
)

// Options of Open. The zero value is good for a server.
type Options struct {
	// Logger hears of a database that does not wait for its disk, and of hints from other nodes that stay away. Nil: nobody does.
	Logger *slog.Logger
}

// Store is a schema of a database. It implements kv.Store.
type Store struct {
	pool   *pgxpool.Pool
	name   string
	schema string
	logger *slog.Logger
	tables map[string]*table
	logs   map[string]*tail // by name of the bucket

	notices chan struct{} // holds a value while something is to be told to other nodes
	stop    context.CancelFunc
	ended   sync.WaitGroup // listener and notifier

	mu     sync.Mutex
	closed bool
	inside sync.WaitGroup // calls under way
	once   sync.Once
}

// Open connects, makes the schema and the tables that are missing and begins to listen for other nodes.
// Errors: kv.ErrReadOnly, or what the server or the network says; none shows the password.
func Open(ctx context.Context, address *Address, buckets []kv.Bucket, opts Options) (*Store, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Store{
		name: address.String(), schema: address.schema, logger: opts.Logger,
		tables: make(map[string]*table), logs: make(map[string]*tail), notices: make(chan struct{}, 1),
	}
	for _, b := range buckets {
		s.tables[b.Name] = newTable(address.schema, b)
		if b.Kind == kv.Log {
			s.logs[b.Name] = &tail{wake: make(chan struct{}, 1)}
		}
	}
	if err := address.prepare(ctx, buckets, opts.Logger); err != nil {
		return nil, fmt.Errorf("open store %s: %w", s.name, err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, address.pool.Copy())
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", s.name, err)
	}
	s.pool = pool
	background, stop := context.WithCancel(context.Background())
	s.stop = stop
	if !address.pooled { // a Log's readers look by themselves, four times a second
		s.ended.Go(func() { s.listen(background, address) })
	}
	s.ended.Go(func() { s.notify(background) })
	return s, nil
}

// Buckets names the buckets that the schema holds, declared or not, in ascending order.
func (s *Store) Buckets(ctx context.Context) ([]string, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.inside.Done()
	names, err := tables(ctx, s.pool, s.schema)
	if err != nil {
		return nil, s.failed("list tables", err)
	}
	var held []string
	for _, name := range names {
		if !strings.HasPrefix(name, "_") {
			held = append(held, name)
		}
	}
	return held, nil
}

// Close waits for what is under way and closes all connections. Closing again does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.once.Do(func() {
		s.inside.Wait()
		s.stop()
		s.ended.Wait()
		s.pool.Close()
	})
	return nil
}

// enter counts a call in; the caller says inside.Done afterwards.
func (s *Store) enter(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return kv.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.inside.Add(1)
	return nil
}

func (s *Store) table(b kv.Bucket) (*table, error) {
	t, declared := s.tables[b.Name]
	if !declared || t.Kind != b.Kind {
		return nil, fmt.Errorf("bucket %q of kind %d is not declared", b.Name, b.Kind)
	}
	return t, nil
}

// acquire takes a connection from the pool. Waiting for one ends with ctx.
func (s *Store) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, s.failed("connect", err)
	}
	return conn, nil
}

// call bounds one round trip. A caller who goes away does not break it off: that would cost the connection.
func call(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
}

// ready prepares statements on a connection, where it is a session of the database. Those that are prepared cost nothing.
func ready(ctx context.Context, conn *pgx.Conn, statements ...string) error {
	if conn.Config().DefaultQueryExecMode != pgx.QueryExecModeCacheStatement {
		return nil
	}
	for _, sql := range statements {
		if _, err := conn.Prepare(ctx, sql, sql); err != nil {
			return err
		}
	}
	return nil
}

// pause lets others go first, up to longest.
func pause(ctx context.Context, longest time.Duration) {
	timer := time.NewTimer(rand.N(longest)) //nolint:gosec // nobody gains by guessing it
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

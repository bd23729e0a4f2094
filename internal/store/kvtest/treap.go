package kvtest

import "hash/fnv"

// cell is what a key holds. Version zero: it is absent.
type cell struct {
	value   string
	version uint64 // of the commit that wrote it, never used again
}

// tree is a treap that is never changed: put and remove give a new tree that shares the rest. So a root is a snapshot.
type tree struct {
	key         string
	cell        cell
	priority    uint64
	left, right *tree
}

func (t *tree) get(key string) cell {
	for t != nil {
		switch {
		case key < t.key:
			t = t.left
		case key > t.key:
			t = t.right
		default:
			return t.cell
		}
	}
	return cell{}
}

func (t *tree) put(key string, c cell) *tree {
	h := fnv.New64a()
	h.Write([]byte(key))
	left, right := t.remove(key).split(key)
	return merge(merge(left, &tree{key: key, cell: c, priority: h.Sum64() * 0x9e3779b97f4a7c15}), right)
}

func (t *tree) remove(key string) *tree {
	switch {
	case t == nil:
		return nil
	case key == t.key:
		return merge(t.left, t.right)
	}
	n := *t
	if key < t.key {
		n.left = t.left.remove(key)
	} else {
		n.right = t.right.remove(key)
	}
	return &n
}

// split parts the keys below key from the others.
func (t *tree) split(key string) (left, right *tree) {
	if t == nil {
		return nil, nil
	}
	n := *t
	if t.key < key {
		n.right, right = t.right.split(key)
		return &n, right
	}
	left, n.left = t.left.split(key)
	return left, &n
}

// merge joins two trees; every key of left is below every key of right.
func merge(left, right *tree) *tree {
	switch {
	case left == nil:
		return right
	case right == nil:
		return left
	case left.priority > right.priority:
		n := *left
		n.right = merge(left.right, right)
		return &n
	}
	n := *right
	n.left = merge(left, right.left)
	return &n
}

// row is one key with its cell.
type row struct {
	key  string
	cell cell
}

// span is a range of keys, as Scan's from and to.
type span struct {
	from, to string
	endless  bool // to is not looked at
}

func spanOf(from, to []byte) span {
	return span{from: string(from), to: string(to), endless: to == nil}
}

func (s span) before(key string) bool { return key < s.from }
func (s span) beyond(key string) bool { return !s.endless && key >= s.to }

// scan appends the first rows of a range, ascending, until there are limit.
func (t *tree) scan(s span, limit int, rows []row) []row {
	if t == nil {
		return rows
	}
	if !s.before(t.key) {
		rows = t.left.scan(s, limit, rows)
		if len(rows) >= limit || s.beyond(t.key) {
			return rows
		}
		rows = append(rows, row{t.key, t.cell})
	}
	if len(rows) >= limit {
		return rows
	}
	return t.right.scan(s, limit, rows)
}

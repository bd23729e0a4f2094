package bolt

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"

	"go.etcd.io/bbolt"

	"vigil/internal/store/kv"
)

// maxJournal is what a journal grows to before it is committed, in bytes.
const maxJournal = maxGroupBytes

// journal is the file beside the store that holds, without waiting for the disk, what was acknowledged since the last commit. Whatever ends the process
// leaves it to the next one. Each record names the commit that it stands upon, so that after the next commit the journal begins again
// at its start, over records that no longer count.
//
// A record is: 4 bytes of length of what follows the sum, 4 bytes CRC-32C of the same, 8 bytes number of the commit, then Puts: name of the bucket,
// 8 bytes of its mark, key, value. Names, keys and values begin with their length as a uvarint, numbers are little endian.
type journal struct {
	path string
	file *os.File // nil: none was needed yet
	size int64    // of the records upon the last commit
	buf  []byte
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const recordHead = 8

// add writes one record. After an error nothing of it counts.
func (j *journal) add(base int, notes []note) error {
	if j.file == nil {
		file, err := os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return err
		}
		j.file = file
	}
	j.buf = encode(j.buf[:0], base, notes)
	if _, err := j.file.WriteAt(j.buf, j.size); err != nil {
		return err
	}
	j.size += int64(len(j.buf))
	return nil
}

func encode(b []byte, base int, notes []note) []byte {
	b = append(b, make([]byte, recordHead)...)
	b = binary.LittleEndian.AppendUint64(b, uint64(base))
	for _, n := range notes {
		b = appendBytes(b, n.name)
		b = binary.LittleEndian.AppendUint64(b, n.bucket.Sequence())
		b = appendBytes(b, n.key)
		b = appendBytes(b, n.now)
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)-recordHead))
	binary.LittleEndian.PutUint32(b[4:], crc32.Checksum(b[recordHead:], castagnoli))
	return b
}

func appendBytes[T string | []byte](b []byte, text T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// replay gives what the records hold that stand upon the last commit of the file, up to the first that does not.
func replay(records []byte, tx *bbolt.Tx) *puts {
	all := &puts{}
	for len(records) >= recordHead {
		length, sum := binary.LittleEndian.Uint32(records), binary.LittleEndian.Uint32(records[4:])
		records = records[recordHead:]
		if uint64(length) > uint64(len(records)) || crc32.Checksum(records[:length], castagnoli) != sum {
			break
		}
		if !all.replay(records[:length], tx) {
			break
		}
		records = records[length:]
	}
	return all
}

// replay takes in one record. False: it belongs to another commit, or to another store.
func (p *puts) replay(record []byte, tx *bbolt.Tx) bool {
	if len(record) < 8 || binary.LittleEndian.Uint64(record) != uint64(tx.ID()) {
		return false
	}
	for record = record[8:]; len(record) > 0; {
		var name, key, value []byte
		var ok bool
		if name, record, ok = cutBytes(record); !ok || len(record) < 8 {
			return false
		}
		bucket := tx.Bucket(name)
		if bucket == nil || bucket.Sequence() != binary.LittleEndian.Uint64(record) {
			return false
		}
		if key, record, ok = cutBytes(record[8:]); !ok || len(key) == 0 || len(key) > kv.MaxKey {
			return false
		}
		if value, record, ok = cutBytes(record); !ok {
			return false
		}
		p.Set(placeOf(string(name), key), value)
	}
	return true
}

func cutBytes(b []byte) (text, rest []byte, ok bool) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return nil, nil, false
	}
	return b[n : n+int(length)], b[n+int(length):], true
}

// read gives the bytes of a journal that was left behind. Nil: there is none.
func (j *journal) read() ([]byte, error) {
	records, err := os.ReadFile(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return records, err
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	file := j.file
	j.file = nil
	return file.Close()
}

// remove ends the journal: everything in it is in the store's file.
func (j *journal) remove() error {
	err := j.close()
	if gone := os.Remove(j.path); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

package directory

import "vigil/internal/store/kv"

var (
	bucketUser    = kv.Bucket{Name: "user", Kind: kv.Random}
	bucketByName  = kv.Bucket{Name: "userByName", Kind: kv.Random}
	bucketByEmail = kv.Bucket{Name: "userByEmail", Kind: kv.Random}
)

// Buckets are the keyspaces of this package.
//
//	user         environmentID 0x00 userID               -> JSON
//	userByName   environmentID 0x00 folded name          -> userID
//	userByEmail  environmentID 0x00 folded e-mail 0x00 userID -> empty
func Buckets() []kv.Bucket { return []kv.Bucket{bucketUser, bucketByName, bucketByEmail} }

func key(environment, rest string) []byte {
	return append(append(append(make([]byte, 0, len(environment)+1+len(rest)), environment...), 0), rest...)
}

func emailKey(environment, folded, id string) []byte { return key(environment, folded+"\x00"+id) }

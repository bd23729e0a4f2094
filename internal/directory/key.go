package directory

func key(environment, rest string) []byte {
	return append(append(append(make([]byte, 0, len(environment)+1+len(rest)), environment...), 0), rest...)
}

func emailKey(environment, folded, id string) []byte { return key(environment, folded+"\x00"+id) }

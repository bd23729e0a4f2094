package templates

// German gives the table of the German words.
func German() map[string]string { return german }

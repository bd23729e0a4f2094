package password

// MinLength is the shortest password that may be chosen, in characters: NIST SP 800-63B 5.1.1.2.
const MinLength = 8

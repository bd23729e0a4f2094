package graph

// Slot says what a layout does with something that a form may have.
type Slot int

// The slots.
const (
	Optional Slot = iota // it has a place for it
	Required             // it makes no sense without
	Absent               // it has no place for it
)

// Layout is a look of pages. All of them show title, text, messages, fields, buttons, QR codes and what is to be copied; Image says what becomes of the
// form's picture.
type Layout struct {
	Name, Doc string
	Image     Slot
}

// Layouts are those that forms can name, the usual one first.
func Layouts() []Layout {
	return []Layout{
		{"card", "The usual one: a card in the middle, a picture above its heading.", Optional},
		{"wide", "A card of twice the width, for long texts and many choices.", Optional},
		{"split", "Two halves: the form beside its picture, on narrow screens below it. It wants an `image`.", Required},
		{"bare", "The form alone, without card and logo. It shows no `image`.", Absent},
	}
}

// LayoutNames are those of Layouts.
func LayoutNames() []string {
	all := Layouts()
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	return names
}

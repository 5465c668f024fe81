package codec

import (
	"strings"
	"unicode/utf8"
)

// An Option is one option of a command or a verb: -s, --long, or both.
type Option struct {
	Short byte   // 0 if there is none
	Long  string // "" if there is none
	Arg   string // the name of its argument, "" if it takes none
	Many  bool   // it may be given more than once
	Line  string // a description that fits on one line
}

// String returns o in the form of a synopsis.
func (o Option) String() string {
	s := ""
	switch {
	case o.Short != 0 && o.Long != "":
		s = "-" + string(rune(o.Short)) + ", --" + o.Long
	case o.Short != 0:
		s = "-" + string(rune(o.Short))
	default:
		s = "--" + o.Long
	}
	if o.Arg != "" {
		s += " " + o.Arg
	}
	return s
}

// Key returns the key of o in Args.
func (o Option) Key() string {
	if o.Short != 0 {
		return string(rune(o.Short))
	}
	return o.Long
}

// Args are the options of a command or a call, and its other words.
type Args struct {
	Words []Word
	opts  map[string][]string
}

// Has reports whether the option whose Key is key was given.
func (a Args) Has(key string) bool { _, ok := a.opts[key]; return ok }

// Value returns the last argument of the option whose Key is key.
func (a Args) Value(key string) (value string, ok bool) {
	values := a.opts[key]
	if len(values) == 0 {
		return "", false
	}
	return values[len(values)-1], true
}

// Values returns the arguments of the option whose Key is key, in the order in which they
// were given.
func (a Args) Values(key string) []string { return a.opts[key] }

// Options separates the options from the other words. An option is a bare word of two or
// more characters that begins with "-". "--" ends the options. If optionsFirst is true,
// the first word that is not an option ends them too. Short options may be joined (-rf).
// An argument follows directly (-d2, --depth=2) or as the next word.
func Options(words []Word, options []Option, optionsFirst bool) (Args, error) {
	a := Args{opts: map[string][]string{}}
	for i := 0; i < len(words); i++ {
		w := words[i]
		if w.Quoted || len(w.Text) < 2 || w.Text[0] != '-' {
			if optionsFirst {
				a.Words = append(a.Words, words[i:]...)
				return a, nil
			}
			a.Words = append(a.Words, w)
			continue
		}
		if w.Text == "--" {
			a.Words = append(a.Words, words[i+1:]...)
			return a, nil
		}
		took, err := a.parseOption(w.Text, words[i+1:], options)
		if err != nil {
			return a, err
		}
		i += took
	}
	return a, nil
}

// parseOption parses the options in text, which is one word. behind contains the words
// after this word. took is the number of words in behind, 0 or 1, that were used as an
// argument.
func (a Args) parseOption(text string, behind []Word, options []Option) (took int, err error) {
	next := func(o Option, name, value string, has bool) error {
		switch {
		case o.Arg == "" && has:
			return Errorf(BadRequest, "%s takes no argument", name)
		case o.Arg != "" && !has && len(behind) == 0:
			return Errorf(BadRequest, "%s needs an argument: %s", name, o.Arg)
		case o.Arg != "" && !has:
			value, took = behind[0].Text, 1
		}
		if a.Has(o.Key()) && o.Arg != "" && !o.Many {
			return Errorf(BadRequest, "%s is given twice", name)
		}
		a.opts[o.Key()] = append(a.opts[o.Key()], value)
		return nil
	}
	if long, ok := strings.CutPrefix(text, "--"); ok {
		long, value, has := strings.Cut(long, "=")
		for _, o := range options {
			if o.Long == long && long != "" {
				err = next(o, "--"+long, value, has)
				return took, err
			}
		}
		return 0, Errorf(BadRequest, "there is no option --%s", long)
	}
	for letters := text[1:]; letters != ""; {
		c, whole := letters[0], letters
		letters = letters[1:]
		found := false
		for _, o := range options {
			if o.Short == 0 || o.Short != c {
				continue
			}
			found = true
			value, has := "", false
			if o.Arg != "" && letters != "" {
				value, has, letters = letters, true, ""
			}
			if err := next(o, "-"+string(rune(c)), value, has); err != nil {
				return 0, err
			}
		}
		if !found {
			r, _ := utf8.DecodeRuneInString(whole)
			return 0, Errorf(BadRequest, "there is no option -%c", r)
		}
	}
	return took, nil
}

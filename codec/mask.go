package codec

import (
	"bytes"
	"regexp"
	"strings"
)

// Mask returns the words of a frame with a star in place of each byte of a secret: the
// cookie of AUTH, the proofs of pairing, and the values of -e NAME=VALUE. verb is the verb
// of the frame, or 0 for typed text. Audit logs, consoles, histories and traces have the
// words of calls in this form only.
//
// In a call that starts a program, Mask changes only what the call would use as a
// variable, so that a program cannot be given arguments that do not appear in a log. In
// typed text it changes whatever looks like -e NAME=VALUE.
func Mask(verb Verb, line string) string {
	text, end := line, false
	if verb != 0 {
		text, end = strings.CutSuffix(line, "\n")
	}
	switch {
	case verb == AUTH || verb == PAIR:
		text = stars(text, 0, len(text))
	case startsProgram(verb):
		text = maskVariables(text)
	case verb == 0, verb == ERR && strings.HasPrefix(text, string(BadFrame)+" "): // the error quotes typed text
		text = maskTyped(maskMatches(text, `(?is)\b(?:auth|pair)[ \t](.*)`))
	case verb.FromServer() && strings.Contains(text, "proof="):
		text = maskMatches(text, `proof=([^ "\n]*)`)
	}
	if end {
		text += "\n"
	}
	return text
}

// stars returns line with stars in place of line[from:to].
func stars(line string, from, to int) string {
	return line[:from] + strings.Repeat("*", to-from) + line[to:]
}

func maskMatches(line, pattern string) string {
	b := []byte(line)
	for _, match := range regexp.MustCompile(pattern).FindAllSubmatchIndex(b, -1) {
		copy(b[match[2]:match[3]], bytes.Repeat([]byte("*"), match[3]-match[2]))
	}
	return string(b)
}

// startsProgram reports whether calls with this verb can have the option -e NAME=VALUE.
func startsProgram(verb Verb) bool {
	return verb == MakeVerb("EXEC") || verb == MakeVerb("SH") || verb == MakeVerb("RUN")
}

// maskVariables masks the values of -e among the options in front of a program. If the
// options are not valid, so that no program is started, it masks everything that may be a
// value.
func maskVariables(line string) string {
	words, err := Split(line)
	masked := line
	for i := 0; err == nil && i < len(words); i++ {
		w := words[i]
		if w.Quoted || len(w.Text) < 2 || w.Text[0] != '-' || w.Text == "--" {
			return masked
		}
		option, at, known := optionWithArg(w.Text)
		switch {
		case !known:
			err = Errorf(BadRequest, "")
		case option == "e" && at < len(w.Text):
			masked = maskValue(masked, Word{Start: w.Start + at, End: w.End})
		case option != "" && at == len(w.Text): // the next word is the argument
			if i++; option == "e" && i < len(words) {
				masked = maskValue(masked, words[i])
			}
		}
	}
	if err != nil {
		for _, w := range words {
			if strings.Contains(w.Text, "=") {
				masked = maskValue(masked, w)
			}
		}
	}
	return masked
}

// maskTyped masks the value of each -e NAME=VALUE in typed text.
func maskTyped(line string) string {
	joined, alone := regexp.MustCompile(`^-[it]*e[A-Za-z_]\w*=`), regexp.MustCompile(`^-[it]*e$`)
	variable := regexp.MustCompile(`^(?:e"|"|')?[A-Za-z_]\w*=`)
	before := Word{}
	for pos := 0; pos < len(line); {
		w, next, err := Scan(line, pos, ";|&")
		source := line[w.Start:w.End]
		switch {
		case !before.Quoted && alone.MatchString(before.Text) && variable.MatchString(source),
			!w.Quoted && joined.MatchString(source):
			line = maskValue(line, w)
		}
		if err != nil {
			break
		}
		before, pos = w, max(next, pos+1)
	}
	return line
}

// optionWithArg looks in text, a word of EXEC, SH or RUN, for an option that takes an
// argument. It returns the option, or "" if there is none, and the position in text at
// which the argument begins. known is false if text has an option that these verbs do not
// have.
func optionWithArg(text string) (option string, at int, known bool) {
	if long, ok := strings.CutPrefix(text, "--"); ok {
		long, _, has := strings.Cut(long, "=")
		at = len(text)
		if has {
			at = len("--") + len(long)
		}
		return long, at, long == "timeout" || long == "shell"
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case 'i': // takes no argument
		case 'd', 'e', 't':
			return text[i : i+1], i + 1, true
		default:
			return "", 0, false
		}
	}
	return "", len(text), true
}

// maskValue masks the value in w, which is NAME=VALUE in any notation, or all of w if the
// line does not show where the value begins.
func maskValue(line string, w Word) string {
	from, to := w.Start, w.End
	if quote := strings.IndexAny(line[from:to], `"'`); w.Quoted && (quote == 0 || strings.HasPrefix(line[from:], `e"`)) {
		from += quote + 1
		if w.Open == 0 {
			to = max(from, to-1)
		}
	}
	if equals := strings.IndexByte(line[from:to], '='); equals >= 0 {
		from += equals + 1
	}
	return stars(line, from, to)
}

package remote

import (
	"context"
	"slices"
	"strings"

	"techsh/codec"
)

// HELP is for who types by hand, with nc or openssl s_client, and has nothing
// else: it must be enough to find out everything.

const helpWidth = 80

const (
	helpBefore = `Type a line and press Enter: a verb, and what it needs. The answer is frames: a
verb, 10 digits that say how many bytes follow, and those bytes. The last frame
is OK, or ERR with a code and the reason.

`
	helpAfter = `
help VERB explains one, with lines to type: help dir, help put.
"My Documents" in quotes is one word, * and ? are patterns, ~ is home, and what
begins with - is an option. STOP cancels what runs, EXIT hangs up. A program
sends frames, as the answers are; from the first one on, no line is taken.
`
)

func help(_ context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(0, 1); err != nil {
		return nil, err
	}
	may, err := r.may()
	if err != nil {
		return nil, err
	}
	var all []string
	for _, row := range r.server.table(r.guest) {
		switch {
		case !may.Has(row.right):
		case len(r.args.Words) == 0:
			all = append(all, row.summary())
		case row.means(r.args.Words[0].Text):
			return nil, r.Write(codec.DATA, []byte(row.manual()))
		}
	}
	if len(r.args.Words) > 0 {
		return nil, &codec.Error{Code: codec.UnknownVerb, Name: r.args.Words[0].Text, Hint: "HELP lists the verbs"}
	}
	return nil, r.Write(codec.DATA, []byte(helpBefore+strings.Join(all, "")+helpAfter))
}

// means says whether a word that was typed is the row's verb.
func (r row) means(word string) bool {
	word = strings.ToLower(word)
	return word == r.name() || slices.Contains(r.long, word)
}

// summary is the row in a line, or in as many of helpWidth as it takes.
func (r row) summary() string {
	const column = 34
	text := pad(r.name()+" "+r.synopsis, column)
	at := len([]rune(text))
	for i, word := range strings.Fields(r.line) {
		n := len([]rune(word))
		switch {
		case i == 0 && at == column:
		case i == 0 || at+1+n > helpWidth:
			text = strings.TrimRight(text, " ") + "\n" + strings.Repeat(" ", column)
			at = column
		default:
			text += " "
			at++
		}
		text += word
		at += n
	}
	return text + "\n"
}

// manual is all that is known of the row.
func (r row) manual() string {
	var b strings.Builder
	b.WriteString(r.summary())
	for _, o := range r.options {
		b.WriteString("  " + pad(o.String(), 34) + o.Line + "\n")
	}
	if len(r.long) > 0 {
		b.WriteString("  by hand also: " + strings.Join(r.long, " ") + "\n")
	}
	return b.String() + byHand(r.verb)
}

func pad(s string, n int) string { return s + strings.Repeat(" ", max(1, n-len([]rune(s)))) }

// byHand says how a verb is typed, and what to make of the answer. Lines to type
// stand four blanks in.
func byHand(verb string) string {
	const keep = `  With nc the files in an answer are kept by what takes DATA out of it:
      printf 'auth COOKIE\n%s\nexit\n' | nc ADDRESS PORT >answer
      perl -e 'while(read(STDIN,$h,16)){read(STDIN,$b,substr($h,5,10));print $b if $h=~/^DATA/}' <answer >file
`
	switch verb {
	case "DIR":
		return `  Type
    dir
    dir -a *.txt
  Each line of DATA is an entry: its kind (f file, d folder, l link), mode, size,
  time and name. FILE in front is the folder.
`
	case "CD":
		return "  Type\n    cd \"My Documents\"\n    cd ..\n  and later verbs begin there.\n"
	case "CAT":
		return "  Type\n    cat notes.txt\n  DATA is what is in it.\n"
	case "GET":
		return `  Type
    get notes.txt
  FILE says what comes, each DATA is some of it, SUM is its CRC-32C.
` + strings.Replace(keep, "%s", "get notes.txt", 1)
	case "PUT":
		return `  Type
    put hello.txt
    file f 0644 - - hello.txt
    data hello
    data these are two lines
    sum none
    end
  FILE is kind, mode, size, time and name, - where it is not known. Then DATA, a line
  each, and SUM, none or crc32c=HHHHHHHH. END ends it, and OK means that it is
  complete and on disk. -f replaces what is there.
`
	case "EXEC":
		return `  Type
    exec echo from afar
  DATA is what it prints, NOTE its errors, exit=0 its status. With -i it reads what
  you type, line by line:
    exec -i sort
    data pear
    data apple
    end
  SH takes a line for the shell instead.
`
	case "SH":
		return "  Type\n    sh echo $((6*7))\n  The answer is that of EXEC.\n"
	case "SHOT":
		return `  Type
    shot
  FILE says what it shows, each DATA is some of a PNG. Of display 2, half as wide
  and high:
    shot -d 2 --scale 0.5
` + strings.Replace(keep, "%s", "shot", 1)
	case "DEL":
		return "  Type\n    del hello.txt\n  There is no way back, and nobody asks you again.\n"
	case "MKD":
		return "  Type\n    mkdir -p backup/2026\n"
	case "HASH":
		return "  Type\n    hash notes.txt\n"
	case "FIND":
		return "  Type\n    find --name *.log --size +1 .\n"
	}
	return ""
}

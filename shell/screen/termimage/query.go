package termimage

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Graphics describes what a terminal can draw, according to its own answers.
type Graphics struct {
	Protocol     Protocol
	TrueColor    bool        // the terminal has 24-bit colours, not only 256
	Cell         image.Point // the size of a character in pixels; zero if not known
	LargestSixel image.Point // the largest sixel picture in pixels; zero if not known
	SixelColors  int         // the most colours that a sixel picture can have
}

// A Protocol is a way to draw pictures in a terminal.
type Protocol int

const (
	HalfBlocks Protocol = iota // two pixels per character
	Sixel
	ITerm2
	Kitty
)

// The queries. A terminal ignores an unknown query or prints a part of it. Every
// terminal that answers queries answers queryLast.
const (
	queryName  = "\x1b[>c"
	queryCell  = "\x1b[16t"
	querySixel = "\x1b[?1;1;0S\x1b[?2;1;0S"              // the number of colours and the largest size
	queryColor = "\x1b[48;2;1;2;3m\x1bP$qm\x1b\\\x1b[0m" // the background color, after it was set to 1;2;3
	queryITerm = "\x1b]1337;ReportCellSize\x1b\\"
	queryKitty = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
	queryLast  = "\x1b[c" // asks for the features of the terminal
)

// Patterns of the answers. All other input was typed by the user.
const (
	answerName  = `\x1b\[>([0-9]*)[0-9;]*c`
	answerCell  = `\x1b\[6;([0-9]+);([0-9]+)t`
	answerSixel = `\x1b\[\?[0-9;]*S`
	answerColor = `\x1bP[01]\$r([^\x1b]*)\x1b\\`
	answerITerm = `\x1b\]1337;ReportCellSize=([0-9.]+);([0-9.]+);?([0-9.]*)(?:\x07|\x1b\\)`
	answerKitty = `\x1b_Gi=31;([^\x1b]*)\x1b\\`
	answerLast  = `\x1b\[\?([0-9;]*)c`
	anyAnswer   = answerName + "|" + answerCell + "|" + answerSixel + "|" + answerColor + "|" +
		answerITerm + "|" + answerKitty + "|" + answerLast
)

// Names of terminal multiplexers. A multiplexer would take the query for kitty as a new
// window title.
const (
	nameScreen = "83"
	nameTmux   = "84"
)

// QueryTimeout is how long Query waits for the answers of the terminal.
const QueryTimeout = time.Second

// ErrInterrupt is returned by Query when Ctrl-C is typed.
var ErrInterrupt = errors.New("interrupted")

const ctrlC = 3

// Query asks the terminal which graphics it supports. It calls the function read to read
// from the terminal, which must be in raw mode. The function read must return when ctx is
// done. The result typed is the input of the user during the call, and is valid even if
// err is not nil. If the terminal does not answer in time, Query returns what is known so
// far, and no error.
func Query(
	ctx context.Context, read func(ctx context.Context, b []byte) (int, error), out io.Writer,
) (g Graphics, typed []byte, err error) {
	late := errors.New("the terminal does not answer")
	ctx, cancel := context.WithTimeoutCause(ctx, QueryTimeout, late)
	defer cancel()
	q := &query{read: read, out: out}
	g, err = q.graphics(ctx)
	if errors.Is(err, late) {
		err = nil
	}
	return g, q.typed, err
}

// A query is the state of a call of Query.
type query struct {
	read  func(ctx context.Context, b []byte) (int, error)
	out   io.Writer
	typed []byte
}

// graphics sends the queries in two steps. If it fails, it returns what is known so
// far.
func (q *query) graphics(ctx context.Context) (Graphics, error) {
	var g Graphics
	answers, err := q.ask(ctx, queryName+queryCell+querySixel+queryColor)
	if err != nil {
		return g, err
	}
	name := answer(answers, answerName)[1]
	g.TrueColor = name == nameTmux || isTestColor(answer(answers, answerColor)[1])
	if name == nameScreen {
		g.TrueColor = false // the answer came from the terminal in which the multiplexer runs
	}
	cell := answer(answers, answerCell)
	g.Cell = parseSize(cell[2], cell[1], "")
	if slices.Contains(strings.Split(answer(answers, answerLast)[1], ";")[1:], "4") {
		g.Protocol, g.SixelColors = Sixel, maxSixelColors
		if n, err := strconv.Atoi(answer(answers, `\[\?1;0;([0-9]+)S`)[1]); err == nil {
			g.SixelColors = max(2, min(n, maxSixelColors))
		}
		largest := answer(answers, `\[\?2;0;([0-9]+);([0-9]+)S`)
		g.LargestSixel = parseSize(largest[1], largest[2], "")
	}
	if name == nameTmux || name == nameScreen {
		return g, nil
	}
	if answers, err = q.ask(ctx, queryITerm+queryKitty); err != nil {
		return g, err
	}
	iterm := answer(answers, answerITerm)
	switch {
	case answer(answers, answerKitty)[1] == "OK":
		g.Protocol = Kitty
	case iterm[0] != "":
		g.Protocol, g.Cell = ITerm2, parseSize(iterm[2], iterm[1], iterm[3])
	}
	return g, nil
}

// ask sends queries and returns all answers, up to the answer to queryLast.
func (q *query) ask(ctx context.Context, queries string) (answers []byte, err error) {
	if _, err := io.WriteString(q.out, queries+queryLast+"\r\x1b[K"); err != nil {
		return nil, err
	}
	all, last := regexp.MustCompile(anyAnswer), regexp.MustCompile(answerLast)
	in := q.typed
	for buf := make([]byte, 4096); err == nil && !last.Match(in) && bytes.IndexByte(in, ctrlC) < 0; {
		var n int
		n, err = q.read(ctx, buf)
		in = append(in, buf[:n]...)
	}
	q.typed = all.ReplaceAll(in, nil)
	if at := bytes.LastIndexByte(q.typed, ctrlC); at >= 0 {
		q.typed, err = q.typed[at+1:], ErrInterrupt
	}
	return bytes.Join(all.FindAll(in, -1), nil), err
}

// answer returns the first answer that matches pattern, followed by its submatches. All
// parts are empty if no answer matches.
func answer(answers []byte, pattern string) (parts [4]string) {
	copy(parts[:], regexp.MustCompile(pattern).FindStringSubmatch(string(answers)))
	return parts
}

// isTestColor reports whether an answer to queryColor contains exactly the color that the
// query has set.
func isTestColor(sgr string) bool {
	return regexp.MustCompile(`48[:;]2[:;]+1[:;]2[:;]3`).MatchString(sgr)
}

// parseSize parses a size in pixels from an answer. It returns zero if the answer is
// missing.
func parseSize(width, height, scale string) image.Point {
	k, err := strconv.ParseFloat(scale, 64)
	if err != nil {
		k = 1
	}
	w, werr := strconv.ParseFloat(width, 64)
	h, herr := strconv.ParseFloat(height, 64)
	size := image.Pt(int(w*k), int(h*k))
	if werr != nil || herr != nil || !size.In(image.Rect(1, 1, 1<<14, 1<<14)) {
		return image.Point{}
	}
	return size
}

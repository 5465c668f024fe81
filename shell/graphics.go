package shell

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"techsh/shell/lineedit/keys"
)

// graphics is what a terminal can draw, as it says itself.
type graphics struct {
	means     means
	trueColor bool        // else it has 256 colours
	cell      image.Point // the size of a character, in pixels; zero is not known
	largest   image.Point // the size of a sixel picture at most, in pixels; zero is not known
	colors    int         // of a sixel picture, at most
}

// A means is a way to draw a picture in a terminal.
type means int

const (
	halfBlocks means = iota // two pixels a character
	sixel
	iterm2
	kitty
)

// What a terminal is asked. Who does not know a question is silent, or prints
// some of it; the last one is answered by all that answer at all.
const (
	askWho   = "\x1b[>c"
	askCell  = "\x1b[16t"
	askSixel = "\x1b[?1;1;0S\x1b[?2;1;0S"              // how many colours, and how large
	askColor = "\x1b[48;2;1;2;3m\x1bP$qm\x1b\\\x1b[0m" // what a background of that colour becomes
	askITerm = "\x1b]1337;ReportCellSize\x1b\\"
	askKitty = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
	askLast  = "\x1b[c" // what it is able to do
)

// What it answers. Anything else that comes meanwhile has been typed.
const (
	saysWho   = `\x1b\[>([0-9]*)[0-9;]*c`
	saysCell  = `\x1b\[6;([0-9]+);([0-9]+)t`
	saysSixel = `\x1b\[\?[0-9;]*S`
	saysColor = `\x1bP[01]\$r([^\x1b]*)\x1b\\`
	saysITerm = `\x1b\]1337;ReportCellSize=([0-9.]+);([0-9.]+);?([0-9.]*)(?:\x07|\x1b\\)`
	saysKitty = `\x1b_Gi=31;([^\x1b]*)\x1b\\`
	saysLast  = `\x1b\[\?([0-9;]*)c`
)

// The terminals inside of terminals, by what they say they are. The question
// about kitty would become their title.
const (
	screenTerminal = "83"
	tmux           = "84"
)

// answerTime is how long an answer of the terminal is waited for.
const answerTime = time.Second

// graphics asks the terminal what it can draw. One that does not answer in
// time draws half-blocks.
func (s *Shell) graphics(ctx context.Context) (graphics, error) {
	if runtime.GOOS == "windows" { // where no answer comes through a file
		return graphics{trueColor: true}, nil
	}
	restore, err := s.rawTerminal()
	if err != nil {
		return graphics{}, err
	}
	defer restore()
	late := errors.New("the terminal does not answer")
	ctx, cancel := context.WithTimeoutCause(ctx, answerTime, late)
	defer cancel()
	g, err := graphicsOf(ctx, s.input, s.Out)
	if errors.Is(err, late) {
		err = nil
	}
	return g, err
}

// graphicsOf is graphics for the terminal whose answers come from in. With an
// error it is what was known by then.
func graphicsOf(ctx context.Context, in *feed, out io.Writer) (graphics, error) {
	var g graphics
	replies, err := ask(ctx, in, out, askWho+askCell+askSixel+askColor)
	if err != nil {
		return g, err
	}
	who := reply(replies, saysWho)[1]
	g.trueColor = who == tmux || isThatColor(reply(replies, saysColor)[1])
	if who == screenTerminal {
		g.trueColor = false // the answer was that of the terminal around it
	}
	cell := reply(replies, saysCell)
	g.cell = sizeOf(cell[2], cell[1], "")
	if slices.Contains(strings.Split(reply(replies, saysLast)[1], ";")[1:], "4") {
		g.means, g.colors = sixel, maxSixelColors
		if n, err := strconv.Atoi(reply(replies, `\[\?1;0;([0-9]+)S`)[1]); err == nil {
			g.colors = max(2, min(n, maxSixelColors))
		}
		largest := reply(replies, `\[\?2;0;([0-9]+);([0-9]+)S`)
		g.largest = sizeOf(largest[1], largest[2], "")
	}
	if who == tmux || who == screenTerminal {
		return g, nil
	}
	if replies, err = ask(ctx, in, out, askITerm+askKitty); err != nil {
		return g, err
	}
	iterm := reply(replies, saysITerm)
	switch {
	case reply(replies, saysKitty)[1] == "OK":
		g.means = kitty
	case iterm[0] != "":
		g.means, g.cell = iterm2, sizeOf(iterm[2], iterm[1], iterm[3])
	}
	return g, nil
}

// ask asks the terminal and returns its replies, until it has given the last
// one. What has been typed meanwhile is for the next who reads, also when that
// is an error. Ctrl-C is one.
func ask(ctx context.Context, in *feed, out io.Writer, questions string) (replies []byte, err error) {
	if _, err := io.WriteString(out, questions+askLast+"\r\x1b[K"); err != nil {
		return nil, aboutStream("standard output", err)
	}
	any := regexp.MustCompile(saysWho + "|" + saysCell + "|" + saysSixel + "|" + saysColor + "|" + saysITerm + "|" + saysKitty + "|" + saysLast)
	last := regexp.MustCompile(saysLast)
	var heard []byte
	for buf := make([]byte, 4096); err == nil && !last.Match(heard) && bytes.IndexByte(heard, keys.CtrlC) < 0; {
		var n int
		n, err = in.ReadContext(ctx, buf)
		heard = append(heard, buf[:n]...)
	}
	typed := any.ReplaceAll(heard, nil)
	if at := bytes.LastIndexByte(typed, keys.CtrlC); at >= 0 {
		typed, err = typed[at+1:], errInterrupted
	}
	in.unread(typed)
	return bytes.Join(any.FindAll(heard, -1), nil), err
}

// unread makes b what is read next.
func (f *feed) unread(b []byte) { f.left = append(b, f.left...) }

// reply is one of the replies and its parts, all of them empty if it is not
// there.
func reply(replies []byte, says string) (parts [4]string) {
	copy(parts[:], regexp.MustCompile(says).FindStringSubmatch(string(replies)))
	return parts
}

// isThatColor says whether an answer to askColor has the colour in 24 bits.
func isThatColor(sgr string) bool {
	return regexp.MustCompile(`48[:;]2[:;]+1[:;]2[:;]3`).MatchString(sgr)
}

// sizeOf is a size in pixels, as a terminal spells it; zero is none.
func sizeOf(width, height, scale string) image.Point {
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

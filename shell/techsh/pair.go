package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/shell"
	"techsh/shell/console"
)

// A pairing is what a person has said of the computer to be paired with.
type pairing struct {
	addr   string
	pin    trust.ID // "" with words: then the proof has to do
	secret trust.Secret
}

// pair has the person, or standard input, say whom to pair with, which is then
// what the run begins with. Without a terminal it is also what it ends with,
// unless there is a task. The status is that of the error.
func (w *way) pair(in, out console.Stream, task *shell.Task) (status int, err error) {
	if task.Words != nil {
		return shell.StatusUsage, errors.New("pair takes no words, which others could see and the history keep: it asks, or reads standard input")
	}
	if in.Terminal {
		w.pairing, err = askPairing(in, os.Stderr, w.answers)
	} else {
		w.pairing, err = readPairing(in)
	}
	if err != nil {
		return shell.StatusConnect, err
	}
	w.target = w.pairing.addr
	if !(in.Terminal && out.Terminal) && task.Line == nil && task.File == "" {
		exit := "exit"
		task.Line = &exit
	}
	return shell.StatusOK, nil
}

// answers says why nothing answers at an address.
func (w *way) answers(addr string) error {
	conn, err := dial(context.Background(), addr)
	if err != nil {
		return refusef("does techshd run there, and is the address right?", "no answer from %v", err)
	}
	return conn.Close()
}

// askPairing asks the person at a terminal, visibly: the code is good once
// and for ten minutes, and is easier typed when it is seen. An address has to
// answer before the words are asked for, where a line will do as well.
func askPairing(in io.Reader, out io.Writer, answers func(addr string) error) (*pairing, error) {
	var p *pairing
	cut := ""
	line := func(answer string) (err error) {
		if p, err = parseTarget(cut + answer); err != nil && cut != "" {
			p, err = parseTarget(answer)
		}
		if cut = ""; err != nil && strings.Contains(answer, "://") {
			cut = answer // its rest may come, where a window or a mail has broken it
		}
		return err
	}
	err := insist(in, out, "pairing line, or address: ", func(answer string) error {
		err := line(answer)
		if err == nil && p.pin == "" {
			err = answers(p.addr)
		}
		return err
	})
	if err == nil && p.pin == "" {
		err = insist(in, out, "the four words: ", func(answer string) error {
			if strings.Contains(answer, "://") {
				return line(answer)
			}
			return p.setWords(answer)
		})
	}
	return p, err
}

// insist asks until take takes the answer.
func insist(in io.Reader, out io.Writer, question string, take func(string) error) error {
	for {
		fmt.Fprint(out, question)
		answer, err := typedLine(in)
		if err != nil {
			fmt.Fprintln(out)
			return err
		}
		if answer == "" {
			continue
		}
		err = take(answer)
		if err == nil {
			return nil
		}
		complain(out, err)
	}
}

// typedLine reads a line and nothing behind it, which is for the prompt.
func typedLine(in io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); ; {
		n, err := in.Read(b)
		switch {
		case n == 1 && b[0] == '\n':
			return strings.TrimSpace(string(line)), nil
		case n == 1:
			line = append(line, b[0])
		case err == io.EOF:
			return "", refusef("", "not paired: nothing was done")
		case err != nil:
			return "", err
		}
	}
}

// readPairing reads what a script says: a pairing line, or an address and, on
// the next line, the words.
func readPairing(in io.Reader) (*pairing, error) {
	var lines []string
	scanner := bufio.NewScanner(io.LimitReader(in, 4<<10)) // a line is much shorter
	for scanner.Scan() {
		if line := strings.TrimSpace(scanner.Text()); line != "" {
			lines = append(lines, line)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, codec.Explain("standard input", err)
	}
	if len(lines) == 0 {
		return nil, refusef("it is the pairing line, or a line with the address and one with the four words", "standard input is empty")
	}
	p, err := parseTarget(lines[0])
	wanted := 1
	if err != nil && strings.Contains(lines[0], "://") {
		p, err = parseTarget(strings.Join(lines, "")) // mail has cut it
		wanted = len(lines)
	}
	if err != nil {
		return nil, err
	}
	if p.pin == "" {
		if wanted++; len(lines) > 1 {
			err = p.setWords(lines[1])
		} else {
			err = refusef("they stand on the line behind the address", "the four words are missing")
		}
	}
	if err == nil && len(lines) > wanted {
		err = refusef("pair once for each computer", "standard input goes on behind the pairing line: nothing was sent")
	}
	return p, err
}

const lineLike = "techsh://192.0.2.7:" + defaultPort + "/ID/TOKEN"

// parseTarget reads a pairing line or an address.
func parseTarget(s string) (*pairing, error) {
	if strings.Contains(s, "://") {
		line, err := trust.ParsePairingLine(s)
		if err != nil {
			return nil, refusef("a whole one is like "+lineLike, "the pairing line was changed, or cut: %v", err)
		}
		return &pairing{line.Addr, line.ID, trust.Secret{Kind: "line", Text: line.Token}}, nil
	}
	addr := withPort(s)
	_, port, err := net.SplitHostPort(addr)
	if _, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || strings.ContainsAny(addr, " \t/") {
		return nil, refusef("a pairing line is like "+lineLike+", an address like 192.0.2.7:"+defaultPort,
			"%s is no pairing line, and no address either", codec.Name(s))
	}
	return &pairing{addr: addr}, nil
}

func (p *pairing) setWords(s string) error {
	words, err := trust.ParseCodeWords(s)
	if err != nil {
		return refusef("techshd shows them there; the first four letters of each will do", "%v", err)
	}
	p.secret = trust.Secret{Kind: "words", Text: words}
	return nil
}

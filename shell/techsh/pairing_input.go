package main

import (
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
)

// readPairing reads which computer to pair with, from the user or standard input, and
// makes that computer the initial target. Without a terminal, the run ends after pairing
// unless it has a task. status is the exit status for err.
func (d *dialer) readPairing(s streams, task *shell.Task) (status int, err error) {
	if task.Words != nil {
		return shell.StatusUsage, errors.New(
			"pair takes no words, which other users could see: it asks, or reads standard input")
	}
	if s.in.Terminal {
		d.pairing, err = askPairing(s.in, os.Stderr, checkAnswers)
	} else {
		d.pairing, err = scanPairing(s.in)
	}
	if err != nil {
		return shell.StatusConnect, err
	}
	d.target = d.pairing.addr
	if !(s.in.Terminal && s.out.Terminal) && task.Line == nil && task.File == "" {
		exit := "exit"
		task.Line = &exit
	}
	return shell.StatusOK, nil
}

// checkAnswers returns an error if there is no server at an address.
func checkAnswers(addr string) error {
	conn, err := dialTCP(context.Background(), addr)
	if err != nil {
		return noAnswer(err)
	}
	return conn.Close()
}

// noAnswer returns the error for an address at which no server answers. err is the error
// of dialTCP.
func noAnswer(err error) error {
	return unpairedf("does techshd run on it, and is the address right?", "no answer from %v", err)
}

// askPairing asks the user at a terminal. It echoes the answers, because a code is
// valid only once, within ten minutes, and is easier to type when visible. It asks
// for the words only if there is a server at the address; a pairing line is accepted
// in place of an address.
func askPairing(in io.Reader, out io.Writer, answers func(addr string) error) (*pairing, error) {
	var p *pairing
	cut := ""
	parseLine := func(answer string) (err error) {
		if p, err = parsePairing(cut + answer); err != nil && cut != "" {
			p, err = parsePairing(answer)
		}
		if cut = ""; err != nil && strings.Contains(answer, "://") {
			cut = answer // an e-mail or a window may have broken the line, so the rest may follow
		}
		return err
	}
	err := askUntil(in, out, "pairing line, or address: ", func(answer string) error {
		err := parseLine(answer)
		if err == nil && p.pin == "" {
			err = answers(p.addr)
		}
		return err
	})
	if err == nil && p.pin == "" {
		err = askUntil(in, out, "the four words: ", func(answer string) error {
			if strings.Contains(answer, "://") {
				return parseLine(answer)
			}
			return p.setWords(answer)
		})
	}
	return p, err
}

// askUntil repeats a question until accept returns nil for the answer.
func askUntil(in io.Reader, out io.Writer, question string, accept func(answer string) error) error {
	for {
		fmt.Fprint(out, question)
		answer, err := readLine(in)
		if err != nil {
			fmt.Fprintln(out)
			return err
		}
		if answer == "" {
			continue
		}
		err = accept(answer)
		if err == nil {
			return nil
		}
		printError(out, err)
	}
}

// readLine reads a line, and nothing beyond it, because the prompt reads the next
// line.
func readLine(in io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); ; {
		n, err := in.Read(b)
		switch {
		case n == 1 && b[0] == '\n':
			return strings.TrimSpace(string(line)), nil
		case n == 1:
			line = append(line, b[0])
		case err == io.EOF:
			return "", unpairedf("", "not paired: nothing was done")
		case err != nil:
			return "", err
		}
	}
}

// scanPairing reads the input of a script: a pairing line, or an address followed by
// a line with the words.
func scanPairing(in io.Reader) (*pairing, error) {
	var lines []string
	text, err := io.ReadAll(io.LimitReader(in, 4<<10)) // a pairing line is much shorter
	if err != nil {
		return nil, codec.Explain("standard input", err)
	}
	for line := range strings.Lines(string(codec.DecodeText(text))) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return nil, unpairedf("it is the pairing line, or a line with the address and one with the four words",
			"standard input is empty")
	}
	p, err := parsePairing(lines[0])
	used := 1
	if err != nil && strings.Contains(lines[0], "://") {
		p, err = parsePairing(strings.Join(lines, "")) // an e-mail has broken the line
		used = len(lines)
	}
	if err != nil {
		return nil, err
	}
	if p.pin == "" {
		if used++; len(lines) > 1 {
			err = p.setWords(lines[1])
		} else {
			err = unpairedf("they are on the line after the address", "the four words are missing")
		}
	}
	if err == nil && len(lines) > used {
		err = unpairedf("pair once for each computer",
			"standard input continues after the pairing line: nothing was sent")
	}
	return p, err
}

const examplePairingLine = "techsh://192.0.2.7:" + defaultPort + "/ID/TOKEN"

// parsePairing parses a pairing line or an address.
func parsePairing(s string) (*pairing, error) {
	if strings.Contains(s, "://") {
		line, err := trust.ParsePairingLine(s)
		if err != nil {
			return nil, unpairedf("a whole one looks like "+examplePairingLine,
				"the pairing line was changed, or cut: %v", err)
		}
		return &pairing{line.Addr, line.ID, trust.Secret{Kind: "line", Text: line.Token}}, nil
	}
	addr := withPort(s)
	_, port, err := net.SplitHostPort(addr)
	if _, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || strings.ContainsAny(addr, " \t/") {
		return nil, unpairedf(
			"a pairing line looks like "+examplePairingLine+", an address like 192.0.2.7:"+defaultPort,
			"%s is neither a pairing line nor an address", codec.Name(s))
	}
	return &pairing{addr: addr}, nil
}

// setWords parses the four words.
func (p *pairing) setWords(s string) error {
	words, err := trust.ParseCodeWords(s)
	if err != nil {
		return unpairedf("techshd shows them on the other computer; the first four letters of each are enough",
			"%v", err)
	}
	p.secret = trust.Secret{Kind: "words", Text: words}
	return nil
}

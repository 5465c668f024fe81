package shell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

// A redirection is where the operators behind a command send its streams, all
// on this side: "< file", "> file", ">> file", "| command".
type redirection struct {
	from, to codec.Word // files; without a text there is none
	appends  bool       // to the file, which is not emptied before
	filter   string     // a line for the shell here that reads what is printed, or ""
}

// filterAt returns where in the line, from pos on, a "|" begins that sends
// what the command prints to a filter, or where the line ends.
func filterAt(line string, pos int, ends string) int {
	for pos < len(line) {
		w, next, err := codec.Scan(line, pos, ends)
		switch {
		case w.Start < len(line) && line[w.Start] == '|':
			return w.Start
		case err != nil, w.Start == w.End, next < len(line) && strings.IndexByte(ends, line[next]) >= 0:
			return len(line)
		}
		pos = next
	}
	return len(line)
}

// filterEnd returns where a filter ends that begins at pos: at the first byte
// of ends that is not quoted as the shell here quotes.
func filterEnd(line string, pos int, ends string) int {
	var quote byte
	for ; pos < len(line); pos++ {
		switch c := line[pos]; {
		case c == '\\' && quote != '\'' && escapes:
			pos++
		case c == quote:
			quote = 0
		case quote != 0:
		case c == '"', c == '\'' && escapes:
			quote = c
		case strings.IndexByte(ends, c) >= 0:
			return pos
		}
	}
	return len(line)
}

// operators takes the operators out of the words of a line.
func operators(line string, words []codec.Word) (rest []codec.Word, r redirection, err error) {
	for i := 0; i < len(words); i++ {
		w := words[i]
		sign := line[w.Start:][:min(2, len(line)-w.Start)]
		to := &r.to
		switch {
		case sign == ">>":
			r.appends = true
		case sign[0] == '>':
			sign = ">"
		case sign[0] == '<':
			sign, to = "<", &r.from
		default:
			rest = append(rest, w)
			continue
		}
		if w.Text = w.Text[len(sign):]; w.Text == "" && i+1 < len(words) {
			i++
			w = words[i]
		}
		switch {
		case w.Text == "":
			return nil, r, fmt.Errorf("%s: a file is missing", sign)
		case to.Text != "":
			return nil, r, fmt.Errorf("%s: the file %s is named already", sign, codec.Quote(*to))
		}
		*to = w
	}
	return rest, r, nil
}

// redirected runs do with its streams as r says.
func (s *Shell) redirected(ctx context.Context, r redirection, do func() error) error {
	if r.from.Text != "" {
		f, err := s.openLocal(ctx, r.from, os.O_RDONLY)
		if err != nil {
			return err
		}
		defer s.readFrom(f)()
	}
	switch {
	case r.filter != "":
		return s.filtered(ctx, r.filter, do)
	case r.to.Text != "":
		how := os.O_TRUNC
		if r.appends {
			how = os.O_APPEND
		}
		f, err := s.openLocal(ctx, r.to, os.O_WRONLY|os.O_CREATE|how)
		if err != nil {
			return err
		}
		defer f.Close()
		k := &sink{File: f}
		switch err := s.printTo(k, do); {
		case k.ended(ctx, err):
			return about(r.to.Text, k.failed)
		case err != nil:
			return err
		}
		return about(r.to.Text, f.Close())
	}
	return do()
}

// openLocal opens the file that a word names.
func (s *Shell) openLocal(ctx context.Context, w codec.Word, how int) (*os.File, error) {
	paths, err := s.local(ctx, w)
	if err == nil && len(paths) > 1 {
		err = codec.Errorf(codec.BadRequest, "it matches several, one is wanted")
	}
	if err != nil {
		return nil, about(w.Text, err)
	}
	f, err := openFile(ctx, localPath(s.Dir, paths[0]), how)
	if ctx.Err() != nil {
		return f, err
	}
	return f, about(w.Text, err)
}

// openFile opens a file. A named pipe waits for somebody at its other end, and
// Ctrl-C does not wait for that.
func openFile(ctx context.Context, path string, how int) (*os.File, error) {
	files, errs := make(chan *os.File), make(chan error, 1)
	go func() {
		f, err := os.OpenFile(path, how, 0o666)
		if err != nil {
			errs <- err
			return
		}
		select {
		case files <- f:
		case <-ctx.Done():
			f.Close()
		}
	}()
	select {
	case f := <-files:
		return f, nil
	case err := <-errs:
		return nil, err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// readFrom makes f standard input, until back is called, which closes it.
func (s *Shell) readFrom(f *os.File) (back func()) {
	in, input, script := s.In, s.input, s.script
	given := newFeed(f)
	given.given = true
	s.In, s.input, s.script = Stream{File: f}, given, false
	return func() {
		s.In, s.input, s.script = in, input, script
		f.Close()
		if given.pending {
			<-given.chunks
		}
	}
}

// A sink is the file that standard output goes to.
type sink struct {
	*os.File
	failed error // of a write
}

func (k *sink) Write(p []byte) (int, error) {
	n, err := k.File.Write(p)
	if err != nil {
		k.failed = err
	}
	return n, err
}

// ended says whether it is the file that has ended what printed there with err.
func (k *sink) ended(ctx context.Context, err error) bool {
	return k.failed != nil && ctx.Err() == nil && !errors.Is(err, link.ErrLost)
}

// printTo runs do with standard output in a file, where it is for no person's
// eyes.
func (s *Shell) printTo(k *sink, do func() error) error {
	_ = s.out.Flush() // an error has been that of who wrote it
	out, paint, away := s.Out, s.paint, s.printed.away
	s.Out, s.paint, s.printed.away = Stream{File: k.File}, newPalette(false), k
	err := do()
	if ferr := s.out.Flush(); err == nil {
		err = aboutStream("standard output", ferr)
	}
	s.out.Reset(s.printed) // or it would not forget an error
	s.Out, s.paint, s.printed.away = out, paint, away
	return err
}

// filtered runs do and has a command of this side read what it prints. A
// filter may have enough before the end: how it ends counts then.
func (s *Shell) filtered(ctx context.Context, line string, do func() error) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer w.Close()
	cmd := shellCommand(ctx, line)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = s.Dir, r, s.Out.to(), s.Err.to()
	cmd.Cancel = func() error {
		if s.job == nil && errors.Is(context.Cause(ctx), errInterrupted) {
			return nil // the terminal has told it, as it told us
		}
		if cmd.Process.Signal(syscall.SIGTERM) != nil {
			return cmd.Process.Kill()
		}
		return nil
	}
	if s.job != nil {
		beside(cmd)
		cmd.WaitDelay = time.Second
	}
	_ = s.out.Flush()
	err = cmd.Start()
	r.Close()
	if err != nil {
		return err
	}
	k := &sink{File: w}
	err = s.printTo(k, do)
	w.Close()
	ferr := cmd.Wait()
	switch {
	case k.ended(ctx, err): // it has gone away
	case err != nil:
		return err
	}
	if e, ok := errors.AsType[*exec.ExitError](ferr); ok {
		return &exitError{line, e.ProcessState.String(), max(1, e.ExitCode()&255)}
	}
	return ferr
}

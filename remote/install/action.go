package install

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"techsh/codec"
)

// An Action changes the system.
type Action struct {
	Text    string // what it does, in one line
	Content string // the content of the file that the action writes
	run     func(context.Context) error
}

// fileStep returns the step that writes a file. content is the text of the file, and
// encoded is this text in the encoding in which it is written.
func fileStep(path, content string, encoded []byte) Step {
	return Step{
		Do: Action{Text: "write " + codec.Name(path), Content: content, run: func(context.Context) error {
			return writeNew(path, encoded)
		}},
		Undo:  Action{Text: "remove " + codec.Name(path), run: func(context.Context) error { return os.Remove(path) }},
		check: func(context.Context) (state, error) { return checkFile(path, encoded) },
	}
}

// writeNew writes a file that does not exist yet. An incomplete file does not remain.
func writeNew(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// checkFile returns the state of the step that writes a file. A file that was not written
// by this package is an error.
func checkFile(path string, content []byte) (state, error) {
	found, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return absent, nil
	case err != nil:
		return absent, codec.Explain(path, err)
	case bytes.Equal(found, content):
		return present, nil
	case bytes.Contains(codec.DecodeText(found), []byte(madeBy)):
		return differs, nil
	}
	return absent, &codec.Error{
		Code: codec.Exists, Name: path, Text: "this file was not made by techshd install", Hint: "move it away",
	}
}

// pipeDelay is how long the output of a command may stay open after the command has
// ended, because processes that it has started still use it.
const pipeDelay = 2 * time.Second

// A command is a program and its arguments.
type command []string

func (c command) action() Action {
	return Action{Text: "run " + Line(c), run: func(ctx context.Context) error {
		_, err := c.output(ctx)
		return err
	}}
}

// Line returns words as a line for a person, in which only unusual words are quoted.
func Line(words []string) string {
	shown := make([]string, len(words))
	for i, word := range words {
		shown[i] = codec.Name(word)
		if name := strings.TrimLeft(word, "-"); codec.Name(name) == name { // codec.Name would quote the "-"
			shown[i] = word
		}
	}
	return strings.Join(shown, " ")
}

// output runs the command and returns its standard output. If the command fails, the
// error contains everything that the command has printed.
func (c command) output(ctx context.Context) (string, error) {
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, c[0], c[1:]...)
	cmd.Stdout, cmd.Stderr = &out, &said
	cmd.WaitDelay = pipeDelay
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	if _, failed := errors.AsType[*exec.ExitError](err); failed {
		all := strings.TrimSpace(said.String() + out.String()) // netsh complains on standard output
		return out.String(), fmt.Errorf("%w: %s", err, strings.ToValidUTF8(all, "?"))
	}
	return out.String(), err
}

// succeeds returns the check of a step that is present if the command succeeds.
func (c command) succeeds(ctx context.Context) (state, error) {
	_, err := c.output(ctx)
	return stateFor(ctx, err)
}

// prints returns the check of a step that is present if the command prints a text.
func (c command) prints(text string) func(context.Context) (state, error) {
	return func(ctx context.Context) (state, error) {
		out, err := c.output(ctx)
		if err == nil && !strings.Contains(out, text) {
			return absent, nil
		}
		return stateFor(ctx, err)
	}
}

// stateFor returns the state that a command reports by its exit status. It returns an
// error if the command could not be run.
func stateFor(ctx context.Context, err error) (state, error) {
	if ctx.Err() != nil {
		return absent, context.Cause(ctx)
	}
	if err == nil {
		return present, nil
	}
	if _, failed := errors.AsType[*exec.ExitError](err); failed {
		return absent, nil
	}
	if e, ok := errors.AsType[*exec.Error](err); ok {
		return absent, &codec.Error{
			Code: codec.Unsupported, Name: e.Name, Text: "this system has no such program, which would start techshd",
			Hint: `"techshd help service" tells what it needs`,
		}
	}
	return absent, err
}

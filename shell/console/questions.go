package console

import (
	"errors"
	"io"
	"strings"

	"techsh/codec"
	"techsh/shell/lineedit"
)

// questions says what becomes of a question.
type questions int

const (
	unasked  questions = iota // a script: it is not asked, and what it is about is done
	asked                     // a prompt: the person answers it
	declined                  // a job of a prompt: it is not asked, and what it is about is not done
)

// CanAsk reports whether a person can be asked: at a prompt, but not in a job or a
// script that the prompt runs.
func (c *Console) CanAsk() bool { return c.questions == asked }

// NeedsConfirmation reports whether Confirm asks or declines.
func (c *Console) NeedsConfirmation() bool { return c.questions != unasked }

// AskSecret asks the person at the prompt for a secret, which is not shown. Without
// a prompt it returns an error.
func (c *Console) AskSecret(prompt string) (secret string, err error) {
	if !c.Interactive() {
		return "", errors.New("there is no prompt to ask at")
	}
	c.screen.ask(func() { secret, err = c.screen.editor.ReadSecret(prompt) })
	return secret, err
}

// Confirm asks the person at the prompt whether what may be done, "delete 3 files".
// A no is an error of the code declined with the text otherwise. A job of a prompt
// is declined, and a script may do everything.
func (c *Console) Confirm(what, otherwise string) error {
	switch c.questions {
	case unasked:
		return nil
	case declined:
		return WithHint(codec.Errorf(codec.Declined, "it would %s, and a job cannot ask", what), "without & it asks")
	}
	yes, err := c.AskYes(what + "?")
	if err == nil && !yes {
		err = codec.Errorf(codec.Declined, "%s", otherwise)
	}
	return err
}

// AskYes asks the person at the prompt a question whose answer is yes or no. Ctrl-C
// and Ctrl-D mean no.
func (c *Console) AskYes(question string) (bool, error) {
	answer, err := c.question(question + " [y/N] ")
	if errors.Is(err, lineedit.ErrInterrupt) || err == io.EOF {
		return false, nil
	}
	return answer == "y" || answer == "yes", err
}

// askYesOrAll is AskYes with a third answer, yes to this question and to all like it.
// Ctrl-C and Ctrl-D are errors.
func (c *Console) askYesOrAll(question string) (yes, all bool, err error) {
	answer, err := c.question(question + " [y/N/all] ")
	switch answer {
	case "a", "all":
		return true, true, err
	case "y", "yes":
		return true, false, err
	}
	return false, false, err
}

// question asks a question and returns the answer, in lower case. That of a dry run
// is yes.
func (c *Console) question(prompt string) (answer string, err error) {
	if c.DryRun {
		return "yes", nil
	}
	_ = c.stdout.Flush() // the command sees the error at its end
	c.screen.ask(func() { answer, err = c.screen.editor.ReadLine(prompt) })
	return strings.ToLower(strings.TrimSpace(answer)), err
}

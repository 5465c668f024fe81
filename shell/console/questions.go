package console

import (
	"errors"
	"io"
	"strings"

	"techsh/codec"
	"techsh/shell/lineedit"
)

// How questions are answered.
type questions int

const (
	unasked  questions = iota // nobody can be asked: what would be asked is done
	asked                     // the person at the prompt is asked
	declined                  // a job of a prompt cannot ask, and declines
)

// CanAsk reports whether somebody can be asked: at a prompt, not in a script
// that it runs.
func (c *Console) CanAsk() bool { return c.questions == asked }

// NeedsConfirmation reports whether what deletes much has to be confirmed.
func (c *Console) NeedsConfirmation() bool { return c.questions != unasked }

// AskSecret gets a secret from the person at the prompt.
func (c *Console) AskSecret(prompt string) (secret string, err error) {
	if !c.Interactive() {
		return "", errors.New("there is nobody to ask")
	}
	c.screen.ask(func() { secret, err = c.screen.editor.ReadSecret(prompt) })
	return secret, err
}

// Confirm has the person at the prompt agree to what is to be done, where that
// is needed. Otherwise is the text of the error when they do not. A job cannot
// ask, and declines.
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

// AskYes asks the person at the prompt; Ctrl-C and Ctrl-D are no.
func (c *Console) AskYes(question string) (bool, error) {
	if c.DryRun {
		return true, nil
	}
	answer, err := c.question(question + " [y/N] ")
	if errors.Is(err, lineedit.ErrInterrupt) || err == io.EOF {
		return false, nil
	}
	return answer == "y" || answer == "yes", err
}

// askYesOrAll is Yes with a third answer: yes to this question and to all that are
// like it. The error tells of Ctrl-C and Ctrl-D.
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

// question returns the answer to a question, in lower case.
func (c *Console) question(prompt string) (answer string, err error) {
	_ = c.stdout.Flush() // an error is the command's in the end
	c.screen.ask(func() { answer, err = c.screen.editor.ReadLine(prompt) })
	return strings.ToLower(strings.TrimSpace(answer)), err
}

package console

import (
	"errors"
	"io"
	"strings"

	"techsh/codec"
	"techsh/shell/lineedit"
)

// questions says how questions are answered.
type questions int

const (
	unasked  questions = iota // a script: no question is asked, and the action takes place
	asked                     // a prompt: the user answers
	declined                  // a job started at a prompt: no question is asked, and the action does not take place
)

// CanAsk reports whether the user can be asked. This is the case at a prompt, but not in
// a job, and not in a script that is run from a prompt.
func (c *Console) CanAsk() bool { return c.questions == asked }

// NeedsConfirmation reports whether Confirm can decline an action.
func (c *Console) NeedsConfirmation() bool { return c.questions != unasked }

// AskSecret asks the user at the prompt for a secret, without echo. It returns an
// error if there is no prompt.
func (c *Console) AskSecret(prompt string) (secret string, err error) {
	if !c.Interactive() {
		return "", errors.New("there is no prompt to ask at")
	}
	c.screen.ask(func() { secret, err = c.screen.editor.ReadSecret(prompt) })
	return secret, err
}

// Confirm asks the user at the prompt whether an action such as "delete 3 files" may take
// place. If the user says no, Confirm returns an error with the code Declined. The
// parameter otherwise is the text of this error. In a job that was started at a prompt,
// Confirm always declines; in a script it never declines.
func (c *Console) Confirm(what, otherwise string) error {
	switch c.questions {
	case unasked:
		return nil
	case declined:
		return WithHint(codec.Errorf(codec.Declined, "it would %s, but a job cannot ask", what), "without & it asks")
	}
	yes, err := c.AskYes(what + "?")
	if err == nil && !yes {
		err = codec.Errorf(codec.Declined, "%s", otherwise)
	}
	return err
}

// AskYes asks the user at the prompt a yes-or-no question. Ctrl-C and Ctrl-D mean no.
func (c *Console) AskYes(question string) (bool, error) {
	answer, err := c.question(question + " [y/N] ")
	if errors.Is(err, lineedit.ErrInterrupt) || err == io.EOF {
		return false, nil
	}
	return answer == "y" || answer == "yes", err
}

// askYesOrAll is like AskYes, with a third answer: yes to this question and all
// similar ones. It returns an error for Ctrl-C and Ctrl-D.
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

// question asks a question and returns the answer in lower case. In a dry run the
// answer is yes.
func (c *Console) question(prompt string) (answer string, err error) {
	if c.DryRun {
		return "yes", nil
	}
	_ = c.stdout.Flush() // the error is returned when the command ends
	c.screen.ask(func() { answer, err = c.screen.editor.ReadLine(codec.Show(prompt)) })
	return strings.ToLower(strings.TrimSpace(answer)), err
}

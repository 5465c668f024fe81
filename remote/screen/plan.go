package screen

import (
	"context"
	"fmt"

	"techsh/remote/verb"
)

// planShot returns the plan of SHOT.
func planShot(_ context.Context, r *verb.Request) (p verb.Plan, err error) {
	o, err := newShotOptions(r)
	if err != nil {
		return p, err
	}
	p.Text = "of all displays"
	if o.display > 0 {
		p.Text = fmt.Sprintf("of display %d", o.display)
	}
	switch {
	case o.pictures > 0:
		p.Text += fmt.Sprintf(", %d times, every %v", o.pictures, o.every)
	case o.every > 0:
		p.Text += fmt.Sprintf(", again and again, every %v", o.every)
	}
	return p, nil
}

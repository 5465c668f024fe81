package transfers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"techsh/codec"
	"techsh/shell/command"
	"techsh/shell/console"
)

// syncSides are the two folders of a sync.
type syncSides struct {
	local, remote codec.Word
	fromRemote    bool // the remote folder is the source
}

// parseSides parses the arguments l:FOLDER and r:FOLDER, in any order.
func parseSides(words []codec.Word) (syncSides, error) {
	var s syncSides
	for i, w := range words {
		typed := codec.Name(w.Text)
		side, path, _ := strings.Cut(w.Text, ":")
		w.Text = path
		var err error
		switch {
		case side != "l" && side != "r":
			err = fmt.Errorf("%s: not a side", typed)
		case path == "":
			err = fmt.Errorf("%s needs a folder after it", typed)
		case side == "l" && s.local.Text != "":
			err = errors.New("both folders are local")
		case side == "r" && s.remote.Text != "":
			err = errors.New("both folders are remote")
		case side == "l":
			s.local = w
		default:
			s.remote, s.fromRemote = w, i == 0
		}
		if err != nil {
			const hint = "l:FOLDER is on the local side, r:FOLDER on the remote side"
			return s, console.WithHint(&console.UsageError{Err: err}, hint)
		}
	}
	return s, nil
}

// sideFolder completes an argument of sync: the side, or the folder on that side.
func sideFolder(ctx context.Context, env *command.Env, w codec.Word) (c command.Candidates) {
	side, path, ok := strings.Cut(w.Text, ":")
	typed := codec.Word{Text: path, Quoted: w.Quoted}
	switch {
	case ok && side == "l":
		c = command.LocalFolder(ctx, env, typed)
	case ok && side == "r":
		c = command.RemoteFolder(ctx, env, typed)
	default:
		c = command.MatchPrefix(w.Text, []string{"l:", "r:"})
		for i := range c.List {
			c.List[i].More = true
		}
		return c
	}
	for i := range c.List {
		c.List[i].Text = side + ":" + c.List[i].Text
	}
	if c.Common != "" {
		c.Common = side + ":" + c.Common
	}
	return c
}

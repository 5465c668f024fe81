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
func sideFolder(ctx context.Context, env *command.Env, w codec.Word) (list []command.Candidate) {
	side, path, ok := strings.Cut(w.Text, ":")
	typed := codec.Word{Text: path, Quoted: w.Quoted}
	switch {
	case ok && side == "l":
		list = command.LocalFolder(ctx, env, typed)
	case ok && side == "r":
		list = command.RemoteFolder(ctx, env, typed)
	default:
		list = command.MatchPrefix(w.Text, []string{"l:", "r:"})
		for i := range list {
			list[i].More = true
		}
		return list
	}
	for i := range list {
		list[i].Text = side + ":" + list[i].Text
	}
	return list
}

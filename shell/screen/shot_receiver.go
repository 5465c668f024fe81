package screen

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/screen/termimage"
)

// A shotReceiver receives the pictures of one call of SHOT. It checks each picture
// while receiving it, and stores it, draws it, or both.
type shotReceiver struct {
	shotOptions
	env      *command.Env
	ctx      context.Context
	preview  *termimage.Preview // nil if pictures are not drawn
	progress *console.Progress
	receiver transfer.Receiver
	began    time.Time

	// The current picture.
	number  int // number of the picture, from 1
	header  termimage.Header
	path    string       // path of the file
	content bytes.Buffer // the picture, if it is not stored in a file
	failed  error
}

func newShotReceiver(
	ctx context.Context, env *command.Env, options shotOptions, preview *termimage.Preview,
) *shotReceiver {
	r := &shotReceiver{
		shotOptions: options,
		env:         env,
		ctx:         ctx,
		preview:     preview,
		progress:    env.Console.NewProgress(),
		began:       time.Now(),
	}
	r.receiver = transfer.Receiver{
		Choose:   r.chooseTarget,
		Failed:   func(_ string, err error) { r.failed = console.About(r.path, err) },
		Landed:   r.pictureLanded,
		Progress: r.progress.Add,
		Summed:   true,
	}
	if r.interval > 0 {
		r.progress.Hide()
	}
	return r
}

// takeFrame handles a frame of the answer to SHOT.
func (r *shotReceiver) takeFrame(f codec.Frame) error {
	var err error
	switch f.Verb {
	case codec.FILE:
		err = r.beginPicture(f)
	case codec.DATA:
		err = r.header.Add(f.Body)
	case codec.SUM:
		if !bytes.HasPrefix(f.Body, []byte("error=")) { // a SUM frame with error= says why the picture is incomplete
			err = r.header.End()
		}
	}
	if err == nil {
		err = r.receiver.Take(f)
	}
	if err == nil {
		err = r.failed
	}
	return err
}

// beginPicture checks a FILE frame, which begins a picture. It returns an error if more
// pictures come than were requested, or if pictures come faster than requested.
func (r *shotReceiver) beginPicture(f codec.Frame) error {
	e, err := f.Entry()
	if err != nil {
		return err
	}
	r.number++
	elapsed := time.Since(r.began)
	earliest := r.interval * time.Duration(r.number-3) // a picture may be two intervals early, because delays vary
	switch {
	case r.number > 1 && r.interval == 0:
		return codec.Errorf(codec.BadRequest, "a second picture came")
	case r.count > 0 && r.number > r.count:
		return codec.Errorf(codec.BadRequest, "more than %d pictures came", r.count)
	case elapsed < earliest:
		const format = "%d pictures came in %s, and one every %v was requested"
		return codec.Errorf(codec.BadRequest, format, r.number, console.FormatElapsed(elapsed), r.interval)
	case e.Size > termimage.MaxBytes:
		return codec.Errorf(codec.TooBig, "a picture of %d bytes, the limit is %d", e.Size, termimage.MaxBytes)
	}
	announced, _ := e.More.Get("size")
	r.header = termimage.Header{Format: r.format, Announced: announced}
	r.progress.BeginFile(e)
	return nil
}

// chooseTarget returns where a picture is written.
func (r *shotReceiver) chooseTarget(e codec.Entry) (t landing.Target, err error) {
	switch {
	case r.out == "-":
		return landing.Target{Writer: console.NewStdoutWriter(r.env.Console)}, nil
	case r.previewMode == previewOnly:
		r.content.Reset()
		return landing.Target{Writer: &r.content}, nil
	}
	if r.path, err = r.newPath(e); err != nil {
		return t, err
	}
	folder, name := filepath.Split(r.env.Local.Path(r.path))
	t = landing.Target{Name: name, Key: "shot", Force: r.force, Umask: r.env.Local.Umask}
	t.Dir, err = os.OpenRoot(folder)
	return t, err
}

// pictureLanded prints the path of a completed picture and draws the picture.
func (r *shotReceiver) pictureLanded(e codec.Entry, _ int64) {
	r.env.Console.WithoutStatus(func() {
		changed, watched := e.More.Get("changed")
		unchanged := watched && changed == "none"
		if watched {
			changed = describeChange(changed)
		}
		r.printPath(changed)
		if color, ok := e.More.Get("uniform"); ok && !unchanged {
			reason, _ := e.More.Get("reason")
			r.env.Console.TellAlways(describeUniform(color, reason))
		}
		_ = r.env.Console.Flush() // the error is returned when the command ends
		if r.preview == nil || unchanged {
			return
		}
		err := r.drawPicture()
		switch {
		case err == nil || r.ctx.Err() != nil:
		case r.previewMode == previewOnly:
			r.failed = err
		default:
			err = fmt.Errorf("it is not drawn: %w", err)
			r.env.Console.PrintError(&console.LocatedError{Where: r.env.Console.Label, Err: err})
		}
	})
}

// printPath prints the path of a picture and, if known, what has changed.
func (r *shotReceiver) printPath(changed string) {
	path := r.env.Console.Printable(r.path)
	switch {
	case r.out == "-" || r.previewMode == previewOnly:
		if changed != "" {
			r.env.Console.Tell("%s", changed)
		}
	case changed != "":
		fmt.Fprintf(r.env.Console, "%s  %s\n", path, changed)
	default:
		fmt.Fprintln(r.env.Console, path)
	}
}

// drawPicture draws the completed picture.
func (r *shotReceiver) drawPicture() error {
	if size := r.header.Size(); size.X*size.Y > termimage.MaxDrawn {
		err := codec.Errorf(codec.TooBig, "%dx%d is too large for a terminal", size.X, size.Y)
		return console.WithHint(err, "--scale makes it smaller")
	}
	content := io.Reader(&r.content)
	if r.previewMode != previewOnly {
		f, err := os.Open(r.env.Local.Path(r.path))
		if err != nil {
			return err
		}
		defer f.Close()
		content = f
	}
	picture, err := termimage.Decode(r.ctx, content, r.format)
	if err != nil {
		return err
	}
	return r.preview.Draw(r.ctx, picture)
}

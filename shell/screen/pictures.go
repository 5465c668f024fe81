package screen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/screen/termimage"
)

// An shotReceiver takes in the pictures that one call of SHOT brings.
type shotReceiver struct {
	shotOptions
	env      *command.Env
	ctx      context.Context
	preview  *termimage.Preview // nil draws nothing
	progress *console.Progress
	receiver transfer.Receiver
	began    time.Time

	// Of the picture that comes.
	number  int // from 1
	header  termimage.Header
	path    string       // as it is called
	content bytes.Buffer // where no file is kept
	failed  error
}

func newShotReceiver(ctx context.Context, env *command.Env, w shotOptions, v *termimage.Preview) *shotReceiver {
	a := &shotReceiver{shotOptions: w, env: env, ctx: ctx, preview: v, progress: env.Console.NewProgress(), began: time.Now()}
	a.receiver = transfer.Receiver{
		Progress: a.progress.Add, Choose: a.chooseTarget, Landed: a.pictureLanded, Summed: true,
		Failed: func(_ string, err error) { a.failed = console.About(a.path, err) },
	}
	if a.interval > 0 {
		a.progress.Hide()
	}
	return a
}

// takeFrame takes a frame of the answer to SHOT.
func (a *shotReceiver) takeFrame(f codec.Frame) error {
	var err error
	switch f.Verb {
	case codec.FILE:
		err = a.beginPicture(f)
	case codec.DATA:
		err = a.header.Add(f.Body)
	case codec.SUM:
		if !bytes.HasPrefix(f.Body, []byte("error=")) { // or the answer says why it did not come whole
			err = a.header.End()
		}
	}
	if err == nil {
		err = a.receiver.Take(f)
	}
	if err == nil {
		err = a.failed
	}
	return err
}

// beginPicture checks that another picture may come.
func (a *shotReceiver) beginPicture(f codec.Frame) error {
	e, err := f.Entry()
	if err != nil {
		return err
	}
	a.number++
	soonest := a.interval * time.Duration(a.number-3) // on time, but for a hitch and what the clocks differ
	switch {
	case a.number > 1 && a.interval == 0:
		return codec.Errorf(codec.BadRequest, "a second picture came")
	case a.count > 0 && a.number > a.count:
		return codec.Errorf(codec.BadRequest, "more than %d pictures came", a.count)
	case time.Since(a.began) < soonest:
		return codec.Errorf(codec.BadRequest, "%d pictures came in %s, one was wanted every %v", a.number, console.FormatElapsed(time.Since(a.began)), a.interval)
	case e.Size > termimage.MaxBytes:
		return codec.Errorf(codec.TooBig, "a picture of %d bytes, the most is %d", e.Size, termimage.MaxBytes)
	}
	said, _ := e.More.Get("size")
	a.header = termimage.Header{Format: a.format, Announced: said}
	a.progress.BeginFile(e)
	return nil
}

// chooseTarget says where a picture goes.
func (a *shotReceiver) chooseTarget(e codec.Entry) (t transfer.Target, err error) {
	switch {
	case a.out == "-":
		return transfer.Target{Writer: console.NewStdoutWriter(a.env.Console)}, nil
	case a.previewMode == previewOnly:
		a.content.Reset()
		return transfer.Target{Writer: &a.content}, nil
	}
	if a.path, err = a.newPath(e); err != nil {
		return t, err
	}
	folder, name := filepath.Split(a.env.Local.Path(a.path))
	t = transfer.Target{Name: name, Key: "shot", Force: a.force}
	t.Dir, err = os.OpenRoot(folder)
	return t, err
}

// newPath returns what a picture is called: what -o says, numbered if there may
// be several, or else a name of its own that nothing has yet.
func (a *shotReceiver) newPath(e codec.Entry) (string, error) {
	folder := ""
	if a.out != "" {
		if !a.isFolder(a.env) {
			return a.numberedPath(a.number), nil
		}
		folder = a.out
	}
	display := "d1"
	if d, _ := e.More.Get("display"); d == "all" {
		display = d
	} else if n, ok := e.More.Int("display"); ok {
		display = fmt.Sprintf("d%d", n)
	}
	ext := ".png"
	if a.format == "jpeg" {
		ext = ".jpg"
	}
	base := filepath.Join(folder, fmt.Sprintf("%s_%s_%s", safeFileName(a.env.Conn.Hello.Host), time.Now().Format("20060102-150405"), display))
	for n := 1; n < 1000; n++ {
		name := base + ext
		if n > 1 {
			name = fmt.Sprintf("%s-%d%s", base, n, ext)
		}
		if _, err := os.Lstat(a.env.Local.Path(name)); errors.Is(err, fs.ErrNotExist) {
			return name, nil
		}
	}
	return "", console.About(base+ext, codec.Errorf(codec.Exists, ""))
}

// isFolder says whether -o names a folder.
func (w *shotOptions) isFolder(env *command.Env) bool {
	fi, err := os.Stat(env.Local.Path(w.out))
	return err == nil && fi.IsDir()
}

// numberedPath is what -o calls a picture, numbered from 1.
func (w *shotOptions) numberedPath(number int) string {
	if w.interval == 0 {
		return w.out
	}
	ext := filepath.Ext(w.out)
	return fmt.Sprintf("%s-%03d%s", strings.TrimSuffix(w.out, ext), number, ext)
}

// checkFree says that there is a file already that has the name of the first
// picture, before that comes.
func (w *shotOptions) checkFree(env *command.Env) error {
	if w.out == "" || w.out == "-" || w.force || w.isFolder(env) {
		return nil
	}
	fi, err := os.Lstat(env.Local.Path(w.numberedPath(1)))
	if err == nil && fi.Mode().IsRegular() {
		return console.WithHint(console.About(w.numberedPath(1), codec.Errorf(codec.Exists, "")), "-f replaces it")
	}
	return nil // any other hindrance is told of by who lands it
}

// pictureLanded shows a picture that is in its place.
func (a *shotReceiver) pictureLanded(e codec.Entry, _ int64) {
	a.env.Console.WithoutStatus(func() {
		changed, watched := e.More.Get("changed")
		same := watched && changed == "none"
		if watched {
			changed = describeChange(changed)
		}
		a.printPath(changed)
		if color, ok := e.More.Get("uniform"); ok && !same {
			reason, _ := e.More.Get("reason")
			a.note(describeUniform(color, reason))
		}
		_ = a.env.Console.Flush() // an error is the command's in the end
		if a.preview == nil || same {
			return
		}
		err := a.drawPicture()
		switch {
		case err == nil || a.ctx.Err() != nil:
		case a.previewMode == previewOnly:
			a.failed = err
		default:
			a.env.Console.PrintError(&console.LocatedError{Where: a.env.Console.Label, Err: fmt.Errorf("it is not drawn: %w", err)})
		}
	})
}

// printPath says what a picture is called, and what has changed, if that is known.
func (a *shotReceiver) printPath(changed string) {
	switch {
	case a.out == "-" || a.previewMode == previewOnly:
		if changed != "" {
			a.env.Console.Tell("%s", changed)
		}
	case changed != "":
		fmt.Fprintf(a.env.Console, "%s  %s\n", a.env.Console.Printable(a.path), changed)
	default:
		fmt.Fprintln(a.env.Console, a.env.Console.Printable(a.path))
	}
}

// note says what somebody who looks at a picture should know, also in a
// script.
func (a *shotReceiver) note(text string) {
	a.env.Console.TellAlways(text)
}

// drawPicture draws the picture that has landed.
func (a *shotReceiver) drawPicture() error {
	if size := a.header.Size(); size.X*size.Y > termimage.MaxDrawn {
		return console.WithHint(codec.Errorf(codec.TooBig, "%dx%d is too large for a terminal", size.X, size.Y), "--scale makes it smaller")
	}
	r := io.Reader(&a.content)
	if a.previewMode != previewOnly {
		f, err := os.Open(a.env.Local.Path(a.path))
		if err != nil {
			return err
		}
		defer f.Close()
		r = f
	}
	m, err := termimage.Decode(a.ctx, r, a.format)
	if err != nil {
		return err
	}
	return a.preview.Draw(a.ctx, m)
}

// describeChange is what changed since the picture before, for people.
func describeChange(text string) string {
	var x, y, w, h int
	if text == "none" {
		return "unchanged"
	}
	if _, err := fmt.Sscanf(text, "%d,%d,%dx%d", &x, &y, &w, &h); err != nil {
		return "changed"
	}
	return fmt.Sprintf("changed %dx%d at %d,%d", w, h, x, y)
}

// describeUniform is that a picture shows next to nothing, for people.
func describeUniform(color, reason string) string {
	name := codec.Show(color)
	switch color {
	case "#000000":
		name = "black"
	case "#ffffff":
		name = "white"
	}
	text := "all of the picture, or nearly, is " + name
	if reason != "" {
		text += ": " + codec.Show(reason)
	}
	return text
}

// safeFileName makes what the remote calls itself usable in a file name.
func safeFileName(host string) string {
	safe := strings.Map(func(r rune) rune {
		if r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r)) {
			return r
		}
		return '-'
	}, host)
	safe = strings.TrimLeft(safe, ".-")
	if safe == "" {
		return "remote"
	}
	return safe[:min(len(safe), 64)]
}

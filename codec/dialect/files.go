package dialect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"time"

	"techsh/codec"
)

// shot has a screenshot taken first: some servers die when they are asked for
// one that was not.
func (a *asker) shot(ctx context.Context, c *call) (codec.Pairs, error) {
	want := "png"
	if format, ok := c.Value("format"); ok {
		want = format
	}
	if want != "png" && want != "jpeg" {
		return nil, codec.Errorf(codec.BadRequest, "a picture is a png or a jpeg")
	}
	if _, err := a.done(ctx, replyWithin, "TAKE_SCREENSHOT", nil); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err := a.raw(ctx, "SEND_PHOTO", func(size int64) error {
		if size > maxShot {
			return codec.Errorf(codec.TooBig, "a picture of %d bytes, the most is %d", size, maxShot)
		}
		return nil
	}, &b)
	if err != nil {
		return nil, err
	}
	picture, err := converted(b.Bytes(), want)
	if err != nil {
		return nil, err
	}
	f := &file{call: c}
	e := codec.Entry{Mode: 0o600, Size: int64(len(picture)), Time: time.Now(), Name: "shot.png"}
	if want == "jpeg" {
		e.Name = "shot.jpg"
	}
	if err = f.begin(e); err == nil {
		_, err = f.Write(picture)
	}
	return f.end(err)
}

// get fetches a file from where it begins: a dialect knows no other way.
func (a *asker) get(ctx context.Context, c *call) (codec.Pairs, error) {
	path := c.Args.Words[0].Text
	request, err := withParams("SEND_FILE", c.Args.Words)
	if err != nil {
		return nil, err
	}
	const separators = `/\` // whether it is Windows there, no server says
	name := strings.TrimRight(path, separators)
	name = name[strings.LastIndexAny(name, separators)+1:]
	f := &file{call: c}
	err = a.raw(ctx, request, func(size int64) error {
		e := codec.Entry{Mode: codec.Unknown, Size: size, Name: name}
		if c.Has("have") {
			e.More = codec.Pairs{{Key: "why", Value: a.name + " cannot go on with a file"}}
		}
		return f.begin(e)
	}, f)
	if err = about(c.Args.Words, err); err != nil && !f.begun {
		return nil, err
	}
	return f.end(err)
}

// raw asks for what comes as bytes without a frame, and copies them to to, when
// accept takes their number.
func (a *asker) raw(ctx context.Context, request string, accept func(size int64) error, to io.Writer) error {
	if err := a.send(ctx, request, replyWithin); err != nil {
		return err
	}
	size, err := a.announced(ctx)
	if err != nil {
		a.settled(ctx)
		return err
	}
	if err = accept(size); err == nil {
		err = a.copy(ctx, size, to)
	}
	if err == nil {
		a.settled(ctx)
		_, _ = a.wire.drain(ctx, repliedAfter, 0) // the next request finds out about an end
	}
	return err
}

// copy copies so many bytes that come. Where they stop coming, nothing is owed:
// they were waited for.
func (a *asker) copy(ctx context.Context, size int64, to io.Writer) (err error) {
	buf := make([]byte, codec.MaxWords)
	for left := size; left > 0 && err == nil; {
		var n int
		n, err = a.wire.fill(ctx, replyWithin, buf[:min(left, int64(len(buf)))])
		if err != nil && ctx.Err() == nil {
			a.settled(ctx)
			return codec.Errorf(codec.Mismatch, "%d of %d bytes came", size-left+int64(n), size)
		}
		if left == size {
			a.show(a.unframed("bytes", buf[:n], size))
		}
		if err == nil {
			_, err = to.Write(buf[:n])
		}
		left -= int64(n)
	}
	return err
}

// A file is one that is answered: FILE, DATA, SUM.
type file struct {
	*call
	begun bool
	size  int64
	crc   uint32
}

func (f *file) begin(e codec.Entry) error {
	f.begun, f.size = true, e.Size
	e.Kind = codec.Regular
	return f.Call.Write(codec.FILE, append(e.Append(nil), '\n'))
}

// Write answers bytes of it.
func (f *file) Write(b []byte) (int, error) {
	f.crc = crc32.Update(f.crc, crc32.MakeTable(crc32.Castagnoli), b)
	return len(b), f.data(b)
}

// end ends it, as whole unless there is an error.
func (f *file) end(err error) (codec.Pairs, error) {
	if err != nil {
		return nil, errors.Join(f.WriteWords(codec.SUM, codec.Lit("error="+string(codec.Explain("", err).Code))), err)
	}
	pairs := codec.Pairs{codec.PairOf("files", 1), codec.PairOf("bytes", f.size)}
	return pairs, f.WriteWords(codec.SUM, codec.Lit(fmt.Sprintf("crc32c=%08x", f.crc)))
}

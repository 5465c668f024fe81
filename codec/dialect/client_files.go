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

// shot requests TAKE_SCREENSHOT first, because some servers crash when SEND_PHOTO comes
// without it.
func (a *client) shot(ctx context.Context, c *clientCall) (codec.Pairs, error) {
	want := "png"
	if format, ok := c.Value("format"); ok {
		want = format
	}
	if want != "png" && want != "jpeg" {
		return nil, codec.Errorf(codec.BadRequest, "a picture is a png or a jpeg")
	}
	if _, err := a.change(ctx, replyTimeout, "TAKE_SCREENSHOT", nil); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err := a.fetchRaw(ctx, "SEND_PHOTO", func(size int64) error {
		if size > maxShot {
			return codec.Errorf(codec.TooBig, "a picture of %d bytes, the limit is %d", size, maxShot)
		}
		return nil
	}, &b)
	if err != nil {
		return nil, err
	}
	picture, err := convertImage(b.Bytes(), want)
	if err != nil {
		return nil, err
	}
	f := &answeredFile{call: c}
	e := codec.Entry{Mode: 0o600, Size: int64(len(picture)), Time: time.Now(), Name: "shot.png"}
	if want == "jpeg" {
		e.Name = "shot.jpg"
	}
	if err = f.begin(e); err == nil {
		_, err = f.Write(picture)
	}
	return f.end(err)
}

// get fetches a file from its beginning, since the dialect cannot continue a transfer.
func (a *client) get(ctx context.Context, c *clientCall) (codec.Pairs, error) {
	path := c.Args.Words[0].Text
	request, err := withParams("SEND_FILE", c.Args.Words)
	if err != nil {
		return nil, err
	}
	const separators = `/\` // the system of the server is not known
	name := strings.TrimRight(path, separators)
	name = name[strings.LastIndexAny(name, separators)+1:]
	f := &answeredFile{call: c}
	err = a.fetchRaw(ctx, request, func(size int64) error {
		e := codec.Entry{Mode: codec.Unknown, Size: size, Name: name}
		if c.Has("have") {
			e.More = codec.Pairs{{Key: "why", Value: a.name + " cannot go on with a file"}}
		}
		return f.begin(e)
	}, f)
	if err = withFirstParam(c.Args.Words, err); err != nil && !f.begun {
		return nil, err
	}
	return f.end(err)
}

// fetchRaw sends a request whose answer is a size and raw bytes, and copies the bytes to
// w unless the function accept refuses the size.
func (a *client) fetchRaw(
	ctx context.Context, request string, accept func(size int64) error, w io.Writer,
) error {
	if err := a.send(ctx, request, replyTimeout); err != nil {
		return err
	}
	size, err := a.readSize(ctx)
	if err != nil {
		a.clearUnanswered(ctx)
		return err
	}
	if err = accept(size); err == nil {
		err = a.copyRaw(ctx, size, w)
	}
	if err == nil {
		a.clearUnanswered(ctx)
		_, _ = a.wire.drain(ctx, quietDelay, 0) // the next request reports an error
	}
	return err
}

// copyRaw copies size bytes to w. If the server sends fewer, the next request does not
// wait for the missing bytes.
func (a *client) copyRaw(ctx context.Context, size int64, w io.Writer) (err error) {
	buf := make([]byte, codec.MaxWords)
	for left := size; left > 0 && err == nil; {
		var n int
		n, err = a.wire.readFull(ctx, replyTimeout, buf[:min(left, int64(len(buf)))])
		if err != nil && ctx.Err() == nil {
			a.clearUnanswered(ctx)
			return codec.Errorf(codec.Mismatch, "%d of %d bytes arrived", size-left+int64(n), size)
		}
		if left == size {
			a.show(a.rawMessage("bytes", buf[:n], size))
		}
		if err == nil {
			_, err = w.Write(buf[:n])
		}
		left -= int64(n)
	}
	return err
}

// An answeredFile sends a file in the answer to a call: FILE, DATA, SUM.
type answeredFile struct {
	call  *clientCall
	begun bool
	size  int64
	crc   uint32
}

func (f *answeredFile) begin(e codec.Entry) error {
	f.begun, f.size = true, e.Size
	e.Kind = codec.Regular
	return f.call.Write(codec.FILE, append(e.Append(nil), '\n'))
}

// Write sends bytes of the file.
func (f *answeredFile) Write(b []byte) (int, error) {
	f.crc = crc32.Update(f.crc, crc32.MakeTable(crc32.Castagnoli), b)
	return len(b), f.call.data(b)
}

// end sends the SUM. If err is not nil, the SUM contains the code of err.
func (f *answeredFile) end(err error) (codec.Pairs, error) {
	if err != nil {
		return nil, errors.Join(
			f.call.WriteWords(codec.SUM, codec.Lit("error="+string(codec.Explain("", err).Code))), err,
		)
	}
	pairs := codec.Pairs{codec.PairOf("files", 1), codec.PairOf("bytes", f.size)}
	return pairs, f.call.WriteWords(codec.SUM, codec.Lit(fmt.Sprintf("crc32c=%08x", f.crc)))
}

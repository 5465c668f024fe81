package protocol

import (
	"errors"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

// What answers there are: the least ones, with which explain has a command go on,
// and in words.

// answerMinimally answers a call so that the client can go on.
func answerMinimally(c *link.Call, hello codec.Hello) (codec.Pairs, error) {
	now := time.Now()
	clock := now.Format(codec.TimeLayout)
	line := func(text string) error { return c.Write(codec.DATA, []byte(text+"\n")) }
	switch c.Verb.String() {
	case "STAT":
		words, _, err := c.Words()
		for _, w := range words {
			e := codec.Entry{Kind: codec.Regular, Mode: codec.Unknown, Size: codec.Unknown, Name: w.Text}
			err = errors.Join(err, line(e.String()))
		}
		return nil, err
	case "DU":
		return codec.Pairs{codec.PairOf("files", 0), codec.PairOf("folders", 0), codec.PairOf("bytes", 0)}, nil
	case "PART":
		return codec.Pairs{codec.PairOf("have", 0)}, nil
	case "TIME":
		return codec.Pairs{codec.PairOf("received", clock)}, line(clock)
	case "INFO":
		return nil, line(codec.Host{System: hello.System, Name: hello.Host, User: hello.User, Uptime: time.Second}.String())
	}
	return nil, nil
}

// describeAnswer is what a server answers to a verb, besides ERR.
func describeAnswer(verb string) string {
	const (
		listed = "DATA, a line each; "
		noted  = "NOTE for each that failed; "
		stream = "FILE, DATA…, SUM for each file; "
		end    = "then OK, or ERR CODE TEXT"
	)
	switch verb {
	case "DIR":
		return "DATA, an entry a line, FILE in front of each folder; " + noted + end
	case "STAT", "FIND", "DU", "HASH":
		return listed + noted + end
	case "DF", "WHO", "NET", "DISP", "PS":
		return listed + end
	case "ECHO", "TIME", "NAME", "RAND", "INFO", "HELP":
		return "DATA, a line; " + end
	case "CAT":
		return "DATA, the bytes; " + noted + end
	case "CD", "PWD":
		return "OK cwd=FOLDER, or ERR CODE TEXT"
	case "PART":
		return "OK have=BYTES sha256=SUM, or ERR CODE TEXT"
	case "GET":
		return stream + noted + "then OK files=N bytes=N, or ERR CODE TEXT"
	case "PUT":
		return noted + "then OK files=N bytes=N, or ERR CODE TEXT, which may come before END"
	case "EXEC", "SH":
		return "DATA, its output; NOTE, its errors; MORE, when it has room for input; then OK exit=N or signal=NAME, or ERR CODE TEXT"
	case "RUN":
		return "OK pid=N, or ERR CODE TEXT"
	case "SHOT":
		return "FILE, DATA…, SUM, with --watch again and again; " + end
	case "HELO":
		return "HELO comes first, from the server; nothing answers ours, nor TICK: what comes next is a call"
	case "EXIT":
		return "OK, and the server hangs up"
	case "MKD", "DEL", "COPY", "MOVE", "KILL":
		return noted + end
	}
	return "OK, or ERR CODE TEXT"
}

package protocol

import (
	"errors"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

// answerMinimally gives the shortest answer that lets a command continue.
func answerMinimally(c *link.Call, hello codec.Hello) (codec.Pairs, error) {
	now := time.Now().Format(codec.TimeLayout)
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
		return codec.Pairs{codec.PairOf("received", now)}, line(now)
	case "INFO":
		host := codec.Host{System: hello.System, Name: hello.Host, User: hello.User, Uptime: time.Second}
		return nil, line(host.String())
	}
	return nil, nil
}

// describeAnswer returns one line about the possible answers to a verb.
func describeAnswer(verb string) string {
	const (
		lines  = "DATA, a line each; "
		notes  = "NOTE for each that failed; "
		stream = "FILE, DATA…, SUM for each file; "
		ending = "then OK, or ERR CODE TEXT"
	)
	switch verb {
	case "DIR":
		return "DATA, an entry a line, FILE in front of each folder; " + notes + ending
	case "STAT", "FIND", "DU", "HASH":
		return lines + notes + ending
	case "DF", "WHO", "NET", "DISP", "PS":
		return lines + ending
	case "ECHO", "TIME", "NAME", "RAND", "INFO", "HELP":
		return "DATA, a line; " + ending
	case "CAT":
		return "DATA, the bytes; " + notes + ending
	case "CD", "PWD":
		return "OK cwd=FOLDER, or ERR CODE TEXT"
	case "PART":
		return "OK have=BYTES sha256=SUM, or ERR CODE TEXT"
	case "GET":
		return stream + notes + "then OK files=N bytes=N, or ERR CODE TEXT"
	case "PUT":
		return notes + "then OK files=N bytes=N, or ERR CODE TEXT, which can come before END"
	case "EXEC", "SH":
		return "DATA, its output; NOTE, its errors; MORE, when it has room for input; " +
			"then OK exit=N or signal=NAME, or ERR CODE TEXT"
	case "RUN":
		return "OK pid=N, or ERR CODE TEXT"
	case "SHOT":
		return "FILE, DATA…, SUM, again for each picture of --watch; " + ending
	case "HELO":
		return "the server sends HELO first; nothing answers that of the client, nor TICK; a call is next"
	case "EXIT":
		return "OK, and the server closes the connection"
	case "MKD", "DEL", "COPY", "MOVE", "KILL":
		return notes + ending
	}
	return "OK, or ERR CODE TEXT"
}

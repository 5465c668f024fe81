package audit

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"techsh/codec"
	"techsh/codec/trust"
)

const (
	fileSize = 10 << 20 // bytes
	maxFiles = 5        // audit.jsonl and audit.jsonl.1 to audit.jsonl.4, the oldest; the same for audit-reads.jsonl
	maxText  = 1 << 10  // bytes of a text, so that one peer cannot fill all files with a few long lines

	maxVisits   = 1000 // the largest number of lines per day about the connections of one peer, or of all strangers
	maxNotable  = 100  // how many of the lines about strangers may be about notable refusals
	lastRefusal = "; further refusals like this are not recorded today"
)

// An Event is a line of the audit log. A call that needs a right has two lines:
// "open" before its effect and "close" after it.
type Event struct {
	Time    time.Time // the zero Time means now
	What    string    // open close connected disconnected refused paired revoked
	Session int64
	Peer    string // the name of the peer
	ID      string
	From    string // the address of the peer
	Verb    string
	Words   string // the words of the call: paths, or a command line
	Bytes   int64  // the number of bytes that were transferred
	Sum     string
	Result  string // ok, or the code and text of the error
	Took    time.Duration
	Times   int64 // the number of repetitions that the line stands for; 0 means that it stands for one call

	Right   trust.Rights `json:"-"` // the right that the call needs
	Notable bool         `json:"-"` // more important than other events of its kind
}

// A Log records which peer did what. Each line is a JSON object with the fields of Event
// in lower case. Times are in UTC, "took" is in nanoseconds, and empty fields are left
// out. A text longer than 1 KiB is cut and ends in "… (N bytes)", where N is its full
// length.
//
// Calls that change nothing are recorded in files of their own, audit-reads.jsonl. A peer
// can make thousands of such calls in a second, and their lines must not displace the
// lines of other calls. After the first 1,000 lines of a day about the connections of one
// peer, further lines about them go to audit-reads.jsonl too. Refused connections of
// strangers have a similar limit, and are not recorded beyond it.
//
// When a file has reached 10 MiB, a new file begins. At most five files are kept, and
// then the oldest is deleted. Several processes may write to one log.
type Log struct{ changes, reads *logFile }

// Open opens the audit log at path, and creates it if it does not exist. It refuses
// everything that is not a regular file, and files that others can access or that another
// user owns.
func Open(path string) (*Log, error) {
	l := &Log{newLogFile(path), newLogFile(readsPath(path))}
	err := l.changes.open()
	if err == nil {
		if err = l.reads.open(); err != nil {
			err = errors.Join(err, l.changes.shut())
		}
	}
	if err != nil {
		return nil, logError(err)
	}
	return l, nil
}

// readsPath returns the path of the log of calls that change nothing, for the audit log
// at path.
func readsPath(path string) string { return strings.TrimSuffix(path, ".jsonl") + "-reads.jsonl" }

// Write appends a line. If the line announces a call that changes something, Write
// returns only when the line is on disk. After an error, the next call of Write tries
// again, because the disk may have space by then. Any goroutine may call Write; a nil Log
// writes nothing.
func (l *Log) Write(e Event) error {
	if l == nil {
		return nil
	}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	to, durable := l.changes, false
	switch e.What {
	case "open", "close":
		if durable = e.Right&trust.Changing != 0; !durable && e.Right != trust.NoRights {
			to = l.reads
		}
	case "connected", "disconnected", "refused":
		if over := l.changes.countVisit(e); over > 0 && e.ofStranger() {
			return nil
		} else if over > 0 {
			to = l.reads
		} else if over == 0 && e.ofStranger() {
			e.Result += lastRefusal
		}
	}
	if err := to.write(e, durable && e.What == "open"); err != nil {
		return logError(err)
	}
	return nil
}

// Close closes the log. Nothing may be written to it afterwards.
func (l *Log) Close() error {
	if l == nil {
		return nil
	}
	return errors.Join(l.changes.close(), l.reads.close())
}
func logError(err error) error { return fmt.Errorf("audit log: %w", err) }

// ofStranger reports whether e is the refusal of a connection from an unknown peer.
func (e Event) ofStranger() bool { return e.What == "refused" && e.ID == "" }

// record returns e as a record for the handler, with texts that are safe to show on a
// terminal.
func (e Event) record() slog.Record {
	r := slog.NewRecord(e.Time.UTC(), slog.LevelInfo, codec.Show(e.What), 0)
	text := func(key, value string) {
		if value != "" {
			r.AddAttrs(slog.String(key, brief(codec.Show(value))))
		}
	}
	number := func(key string, value int64) {
		if value != 0 {
			r.AddAttrs(slog.Int64(key, value))
		}
	}
	number("session", e.Session)
	text("peer", e.Peer)
	text("id", e.ID)
	text("from", e.From)
	text("verb", e.Verb)
	text("words", e.Words)
	number("bytes", e.Bytes)
	text("sum", e.Sum)
	text("result", e.Result)
	number("took", int64(e.Took))
	number("times", e.Times)
	return r
}

// brief shortens a text that is too long and adds its full length.
func brief(text string) string {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Sprintf("%s… (%d bytes)", text[:end], len(text))
}

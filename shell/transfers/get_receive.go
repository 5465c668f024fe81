package transfers

import (
	"bytes"
	"slices"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/shell/client"
	"techsh/shell/console"
	"techsh/shell/transfers/running"
)

// A getReceiver receives the answer to one call of GET. It checks what the
// transfer.Receiver cannot know: that only requested files arrive, and that their number
// is the one that the remote announces.
type getReceiver struct {
	run      *running.Transfer
	receiver *transfer.Receiver
	list     *getList // nil if everything in the tree was requested

	skipping  bool  // the current file is not on the list
	entries   int64 // number of FILE frames
	complete  int64 // number of complete files
	notes     int64
	remaining int64 // missing bytes of the current file; negative if unknown
}

// take handles a frame. An error ends the call, and so does the failure of the only
// file, because the remote might never finish sending it.
func (g *getReceiver) take(f codec.Frame) error {
	var skip bool
	var err error
	switch f.Verb {
	case codec.NOTE:
		g.notes++
		return g.run.Note(f)
	case codec.FILE:
		skip, err = g.beginFile(f)
	case codec.DATA:
		skip, err = g.skipping, g.countData(int64(len(f.Body)))
	case codec.SUM:
		skip = g.endFile(f)
	}
	if err != nil || skip {
		return err
	}
	err = g.receiver.Take(f)
	if err == nil && g.run.SingleFile {
		err = g.run.FirstErr()
	}
	return err
}

// beginFile handles a FILE frame and reports whether to skip it.
func (g *getReceiver) beginFile(f codec.Frame) (skip bool, err error) {
	e, err := f.Entry()
	if err != nil {
		return false, err
	}
	g.run.Progress.BeginFile(e)
	g.entries++
	g.remaining = e.Size
	if from, _ := e.More.Int("from"); g.remaining >= 0 {
		g.remaining -= from
	}
	if g.list == nil || g.list.has(e.Name) {
		return false, nil
	}
	g.skipping = e.Kind == codec.Regular
	g.receiver.Failed(e.Name, errNotRequested())
	return true, nil
}

// countData returns an error if a file in a tree is larger than announced. The
// receiver checks the size of a single file.
func (g *getReceiver) countData(n int64) error {
	switch {
	case g.remaining < 0:
		return nil
	case n > g.remaining && !g.run.SingleFile:
		return codec.Errorf(codec.BadFrame, "the remote sends more than it has announced")
	}
	g.remaining -= n
	return nil
}

// endFile handles a SUM frame and reports whether to skip it.
func (g *getReceiver) endFile(f codec.Frame) (skip bool) {
	if !bytes.Contains(f.Body, []byte("error=")) {
		g.complete++
	}
	skip, g.skipping = g.skipping, false
	return skip
}

// checkComplete returns an error if files are missing although the answer to GET claims
// success. words are the requested files; pairs and answerErr are the answer.
func (g *getReceiver) checkComplete(words []codec.Word, pairs codec.Pairs, answerErr error) error {
	promised, _ := pairs.Int("files")
	switch {
	case g.receiver.Open():
		return codec.Errorf(codec.BadFrame, "the remote reported success in the middle of a file")
	case answerErr != nil:
	case promised > g.complete:
		files := console.Count(promised, "file")
		return codec.Errorf(codec.BadFrame, "the remote reported %s, but sent %d", files, g.complete)
	case g.notes > 0: // each NOTE reports a failure, even if the answer is OK
		return &codec.Error{Code: codec.Partial, More: codec.Pairs{codec.PairOf("failed", g.notes)}}
	case g.entries == 0 && g.list == nil && !slices.ContainsFunc(words, client.IsPattern):
		return codec.Errorf(codec.BadFrame, "the remote reported success, but sent nothing")
	}
	return nil
}

package transfers

import (
	"bytes"
	"slices"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/shell/client"
	"techsh/shell/console"
)

// A getReceiver takes the frames that answer one call of GET. It checks what the
// receiver cannot know: what was asked for, and what the remote has promised.
type getReceiver struct {
	run      *transferRun
	receiver *transfer.Receiver
	list     *getList // nil is everything

	skipping  bool  // the current file is not on the list
	entries   int64 // received
	complete  int64 // files whose SUM was received
	notes     int64
	remaining int64 // bytes of the current file; negative if unknown
}

// take takes a frame. Its error ends the call. So does the failure of a single
// file, because the rest of it might never come.
func (g *getReceiver) take(f codec.Frame) error {
	var skip bool
	var err error
	switch f.Verb {
	case codec.NOTE:
		g.notes++
		return g.run.note(f)
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
	if err == nil && g.run.singleFile {
		err = g.run.firstErr
	}
	return err
}

// beginFile takes a FILE. It reports whether the receiver must not get it.
func (g *getReceiver) beginFile(f codec.Frame) (skip bool, err error) {
	e, err := f.Entry()
	if err != nil {
		return false, err
	}
	g.run.progress.BeginFile(e)
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

// countData refuses DATA beyond the size of a file in a tree. That of a single
// file is checked by the receiver.
func (g *getReceiver) countData(n int64) error {
	switch {
	case g.remaining < 0:
		return nil
	case n > g.remaining && !g.run.singleFile:
		return codec.Errorf(codec.BadFrame, "the remote sends more than it has announced")
	}
	g.remaining -= n
	return nil
}

// endFile takes a SUM. It reports whether the receiver must not get it.
func (g *getReceiver) endFile(f codec.Frame) (skip bool) {
	if !bytes.Contains(f.Body, []byte("error=")) {
		g.complete++
	}
	skip, g.skipping = g.skipping, false
	return skip
}

// checkComplete returns why the call has failed, although the remote has answered
// that all is sent, or nil. Pairs and answerErr are that answer.
func (g *getReceiver) checkComplete(words []codec.Word, pairs codec.Pairs, answerErr error) error {
	promised, _ := pairs.Int("files")
	switch {
	case g.receiver.Open():
		return codec.Errorf(codec.BadFrame, "the remote said that all is sent, in the middle of a file")
	case answerErr != nil:
	case promised > g.complete:
		files := console.Count(promised, "file")
		return codec.Errorf(codec.BadFrame, "of %s that the remote said it has sent, %d came", files, g.complete)
	case g.notes > 0: // each is a failure, whatever the answer is
		return &codec.Error{Code: codec.Partial, More: codec.Pairs{codec.PairOf("failed", g.notes)}}
	case g.entries == 0 && g.list == nil && !slices.ContainsFunc(words, client.IsPattern):
		return codec.Errorf(codec.BadFrame, "the remote said that all is sent, and sent nothing")
	}
	return nil
}

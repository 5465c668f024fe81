package transfers

import (
	"bytes"
	"slices"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/shell/client"
	"techsh/shell/console"
)

// An getReceiver is what comes in answer to one call of GET.
type getReceiver struct {
	*download
	rec      *transfer.Receiver
	list     *getList
	dropping bool
	things   int64 // FILE
	complete int64 // files of those
	notes    int64
	left     int64 // of the file under way, less than 0 when that is not known
}

// take is what is done with a frame. An error ends the call: one file that
// cannot be had any more is not waited for, nor one that does not end.
func (in *getReceiver) take(fr codec.Frame) error {
	switch fr.Verb {
	case codec.NOTE:
		in.notes++
		return in.note(fr)
	case codec.FILE:
		e, err := fr.Entry()
		if err != nil {
			return err
		}
		in.p.BeginFile(e)
		in.things++
		in.left = e.Size
		if from, _ := e.More.Int("from"); in.left >= 0 {
			in.left -= from
		}
		if in.list != nil && !in.list.has(e.Name) {
			in.dropping = e.Kind == codec.Regular
			in.rec.Failed(e.Name, codec.Errorf(codec.BadName, "the remote sent a file that was not asked for"))
			return nil
		}
	case codec.DATA:
		if n := int64(len(fr.Body)); in.left >= 0 && n > in.left && !in.alone {
			return codec.Errorf(codec.BadFrame, "the remote sends more than it has announced")
		} else if in.left >= 0 {
			in.left -= n
		}
		if in.dropping {
			return nil
		}
	case codec.SUM:
		if !bytes.Contains(fr.Body, []byte("error=")) {
			in.complete++
		}
		if in.dropping {
			in.dropping = false
			return nil
		}
	}
	err := in.rec.Take(fr)
	if err == nil && in.alone {
		err = in.why
	}
	return err
}

// whole says whether what has come can be all, as the remote's last word has
// it.
func (in *getReceiver) whole(words []codec.Word, pairs codec.Pairs, answer error) error {
	promised, _ := pairs.Int("files")
	switch {
	case in.rec.Open():
		return codec.Errorf(codec.BadFrame, "the remote said that all is sent, in the middle of a file")
	case answer != nil:
	case promised > in.complete:
		return codec.Errorf(codec.BadFrame, "of %s that the remote said it has sent, %d came", console.Count(promised, "file"), in.complete)
	case in.notes > 0: // what it has noted has failed, whatever it says
		return &codec.Error{Code: codec.Partial, More: codec.Pairs{codec.PairOf("failed", in.notes)}}
	case in.things == 0 && in.list == nil && !slices.ContainsFunc(words, client.IsPattern):
		return codec.Errorf(codec.BadFrame, "the remote said that all is sent, and sent nothing")
	}
	return nil
}

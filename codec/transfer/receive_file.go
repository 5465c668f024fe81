package transfer

import (
	"techsh/codec"
	"techsh/codec/landing"
)

func (r *Receiver) writeData(body []byte) {
	if r.writer == nil {
		return
	}
	r.received += int64(len(body))
	if r.entry.Size >= 0 && r.received > r.entry.Size {
		r.fail(codec.Errorf(codec.Mismatch, "more than the announced %d bytes arrived", r.entry.Size))
		return
	}
	r.sums.Add(body)
	if err := r.write(body); err != nil {
		r.fail(err)
		return
	}
	if r.Progress != nil {
		r.Progress(int64(len(body)))
	}
}

// write writes a body. A large body is written while the next one is read.
func (r *Receiver) write(body []byte) error {
	if r.landing == nil || r.Keep == nil || len(body) < gatherBelow {
		_, err := r.writer.Write(body)
		return err
	}
	spare, err := r.landing.WriteAsync(body)
	r.Keep(spare)
	return err
}

// finishFile handles the SUM of a file. It drops a file that the sender could not send
// completely.
func (r *Receiver) finishFile(words []codec.Word) error {
	none := len(words) == 1 && words[0].Text == "none"
	var pairs codec.Pairs
	if !none {
		var err error
		if pairs, err = codec.ParsePairs(words); err != nil {
			return err
		}
	}
	if code, unsent := pairs.Get("error"); unsent {
		r.endFile((*landing.Landing).Abandon)
		if r.Unsent != nil {
			r.Unsent(r.label, codec.Errorf(codec.Code(code), ""))
		}
		return nil
	}
	if r.entry.Size >= 0 && r.received != r.entry.Size {
		return codec.Errorf(codec.Mismatch, "%d bytes arrived, %d were announced", r.received, r.entry.Size)
	}
	_, sha := pairs.Get("sha256")
	switch {
	case none && r.Summed:
		return codec.Errorf(codec.Mismatch, "the sender gave no sum")
	case !sha && r.SHA256:
		return codec.Errorf(codec.Mismatch, "the sender gave no sha256, which was requested")
	case !none:
		if err := r.sums.Compare(pairs); err != nil {
			return err
		}
	}
	var change landing.Change
	change.Grown, _ = pairs.Int("grown")
	replaced, _ := pairs.Get("replaced")
	change.Replaced = replaced == "yes"
	if r.Changed != nil && change != (landing.Change{}) {
		r.Changed(r.label, change)
	}
	return r.placeFile()
}

// placeFile completes a file.
func (r *Receiver) placeFile() error {
	l := r.landing
	r.landing, r.writer = nil, nil
	label, size, bytes, sum := r.label, r.received, r.received, r.sums.String()
	landed := func() {}
	if r.Landed != nil {
		e := r.entry
		landed = func() { r.Landed(e, size) }
	}
	placed := func(err error) {
		if err != nil {
			if label == "" {
				label = l.Label()
			}
			r.Failed(label, err)
			return
		}
		r.Files++
		r.Bytes += bytes
		r.Sum = sum
		landed()
	}
	if l == nil {
		placed(nil)
		return nil
	}
	if l.InTree() {
		label = "" // many files wait, and their labels may be long
	}
	bytes -= l.From().Size
	return r.disk().Commit(l, r.entry.Mode, r.entry.Time, placed)
}

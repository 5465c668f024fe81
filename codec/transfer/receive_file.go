package transfer

import "techsh/codec"

func (r *Receiver) writeData(body []byte) {
	if r.writer == nil {
		return
	}
	r.received += int64(len(body))
	if r.entry.Size >= 0 && r.received > r.entry.Size {
		r.fail(codec.Errorf(codec.Mismatch, "more than the announced %d bytes arrived", r.entry.Size))
		return
	}
	r.sums.add(body)
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
	spare, err := r.landing.writeAsync(body)
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
		r.endFile((*Landing).Abandon)
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
		if err := r.sums.compare(pairs); err != nil {
			return err
		}
	}
	if n, ok := pairs.Int("grown"); ok && r.Grown != nil {
		r.Grown(r.label, n)
	}
	return r.placeFile()
}

// placeFile completes a file, or adds it to the batch of a tree.
func (r *Receiver) placeFile() error {
	l := r.landing
	r.landing, r.writer = nil, nil
	a := receivedFile{
		landing: l, entry: r.entry, label: r.label, size: r.received, bytes: r.received,
		sum: r.sums.String(),
	}
	switch {
	case l == nil:
	case l.folder != nil:
		err := r.addToBatch(a)
		if err != nil {
			l.Abandon()
		}
		return err
	default:
		a.bytes -= l.from.Size
		if err := l.Commit(r.entry.Mode, r.entry.Time); err != nil {
			return err
		}
	}
	r.landed(a)
	return nil
}

func (r *Receiver) landed(a receivedFile) {
	r.Files++
	r.Bytes += a.bytes
	r.Sum = a.sum
	if r.Landed != nil {
		r.Landed(a.entry, a.size)
	}
}

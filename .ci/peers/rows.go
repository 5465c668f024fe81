package main

import "time"

// A row is one task that several programs can do. techsh is its first contender.
type row struct {
	name       string
	limit      time.Duration // the most that techsh may take; 0 is no limit
	crossing   bool          // file contents cross, so the memory of both sides has a limit
	source     *source
	landed     string // the copy to compare with source; "" is none
	contenders []contender
}

// rows returns the rows without a delay.
func (w *world) rows() []row {
	big, output, files, entries := int64(1<<30), int64(100<<20), 10_000, 100_000
	if w.quick {
		big, output, files, entries = 128<<20, 10<<20, 1_000, 10_000
	}
	return []row{
		w.getFile(big),
		w.putFile(big),
		w.getPlain(big),
		w.getTree(files),
		w.putTree(files),
		w.smallRequest(2000),
		w.firstAnswer(100, 10),
		w.execTrue(),
		w.programOutput(output),
		w.listFolder(entries),
	}
}

// delayedRows returns the rows through the delay line. They have no goals.
func (w *world) delayedRows() []row {
	big, files, requests := int64(100<<20), 1_000, 100
	if w.quick {
		big, files, requests = 10<<20, 200, 20
	}
	file := w.file(big)
	get, put := w.getFile(big), w.putFile(big)
	get.contenders = append(get.contenders, w.rsyncDaemon("-t", w.module(file.path), w.targetDir()))
	put.contenders = append(put.contenders, w.rsyncDaemon("-t", file.path, w.module(w.targetDir())))
	getTree, putTree := w.getTree(files), w.putTree(files)
	rows := []row{get, put, getTree, putTree, w.smallRequest(requests), w.firstAnswer(5, 3)}
	for i := range rows {
		r := &rows[i]
		r.limit, r.crossing = 0, false
		quick := r.contenders[:0]
		for _, c := range r.contenders {
			if !c.once && c.server != nil { // cp has no delay
				c.goal = 0
				quick = append(quick, c)
			}
		}
		r.contenders = quick
	}
	return rows
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A result is all runs of a contender.
type result struct {
	contender
	runs []figures
	err  error // the contender takes no further part
}

// errRoot reports that a contender needs a server that only root can start.
var errRoot = errors.New("only for root")

// compare runs the contenders of a row in turn, round by round, and prints the
// results. The first round warms up and checks the copies; its times count only for
// slow contenders, which have no other round.
func (w *world) compare(ctx context.Context, r row, t *table) error {
	if err := r.source.ready(); err != nil {
		return err
	}
	results := make([]result, len(r.contenders))
	for i, c := range r.contenders {
		results[i] = result{contender: c}
		if c.argv == nil {
			results[i].err = errRoot
		}
	}
	for round := range w.rounds + 1 {
		for i := range results {
			c := &results[i]
			if c.err != nil || c.once && round > 0 {
				continue
			}
			if err := w.emptyTarget(); err != nil {
				return err
			}
			t.progress(fmt.Sprintf("%s: %s, round %d of %d", r.name, c.name, round, w.rounds))
			f, err := w.measure(ctx, c.contender)
			if err == nil && round == 0 && r.landed != "" {
				err = command("diff", "-rq", "--no-dereference", r.source.path, r.landed)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			c.err = err
			if round > 0 || c.once {
				c.runs = append(c.runs, f)
			}
		}
	}
	t.row(r, results)
	return nil
}

// medians returns the median of each figure.
func (c result) medians() (m figures) {
	m.wall = medianOf(c.runs, func(f figures) time.Duration { return f.wall })
	m.client.cpu = medianOf(c.runs, func(f figures) time.Duration { return f.client.cpu })
	m.server.cpu = medianOf(c.runs, func(f figures) time.Duration { return f.server.cpu })
	m.client.memory = medianOf(c.runs, func(f figures) int64 { return f.client.memory })
	m.server.memory = medianOf(c.runs, func(f figures) int64 { return f.server.memory })
	return m
}

// p99 returns the time that all but one in a hundred of the single runs stay within.
func (c result) p99() time.Duration {
	var all []time.Duration
	for _, f := range c.runs {
		all = append(all, f.single...)
	}
	slices.Sort(all)
	return all[(len(all)*99-1)/100]
}

func medianOf[T ~int64](runs []figures, value func(figures) T) T {
	var values []T
	for _, f := range runs {
		values = append(values, value(f))
	}
	return median(values)
}

// ratio returns the time of c as a multiple of that of other: the median over the
// rounds.
func (c result) ratio(other result) float64 {
	var ratios []float64
	for i, f := range c.runs {
		ratios = append(ratios, float64(f.wall)/float64(other.runs[min(i, len(other.runs)-1)].wall))
	}
	return median(ratios)
}

func (c result) isOurs() bool { return strings.HasPrefix(c.name, ours) }

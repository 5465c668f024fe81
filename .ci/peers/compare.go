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
	err  error // it is out
}

// errRoot says that a server of the row did not start.
var errRoot = errors.New("only where one is root")

// compare runs the contenders of a row in turn, round for round, and prints
// what came out. The first round warms up and looks whether what landed is
// right; only slow ones count there, which have no other.
func (w *world) compare(ctx context.Context, r row, t *table) error {
	if err := r.source.ready(); err != nil {
		return err
	}
	results := make([]result, len(r.who))
	for i, c := range r.who {
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
			t.doing(fmt.Sprintf("%s: %s, round %d of %d", r.name, c.name, round, w.rounds))
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

// middle is the median of each figure.
func (c result) middle() (m figures) {
	m.wall = medianOf(c.runs, func(f figures) time.Duration { return f.wall })
	m.client.cpu = medianOf(c.runs, func(f figures) time.Duration { return f.client.cpu })
	m.server.cpu = medianOf(c.runs, func(f figures) time.Duration { return f.server.cpu })
	m.client.memory = medianOf(c.runs, func(f figures) int64 { return f.client.memory })
	m.server.memory = medianOf(c.runs, func(f figures) int64 { return f.server.memory })
	return m
}

// p99 is what all but one in a hundred of the single runs take at most.
func (c result) p99() time.Duration {
	var all []time.Duration
	for _, f := range c.runs {
		all = append(all, f.each...)
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

// ratio is how long c takes, as a multiple of what the other does: the median
// over the rounds.
func (c result) ratio(other result) float64 {
	var ratios []float64
	for i, f := range c.runs {
		ratios = append(ratios, float64(f.wall)/float64(other.runs[min(i, len(other.runs)-1)].wall))
	}
	return median(ratios)
}

func (c result) isOurs() bool { return strings.HasPrefix(c.name, ours) }

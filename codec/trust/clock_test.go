package trust_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec/trust"
)

func TestTimeOfAPeerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := folder(t)
		until := time.Now().Add(time.Hour)
		_, err := f.AddPeer(trust.Peer{ID: oneID, Name: "ann", Until: until})
		require.NoError(t, err)
		_, err = f.AddPeer(trust.Peer{ID: otherID, Name: "bob"})
		require.NoError(t, err)
		time.Sleep(time.Hour - time.Nanosecond)
		_, err = f.Peer(oneID)
		require.NoError(t, err)
		time.Sleep(time.Nanosecond)
		p, err := f.Peer(oneID)
		require.ErrorIs(t, err, trust.ErrExpired)
		require.Empty(t, p)
		peers, err := f.Peers()
		require.NoError(t, err)
		require.Len(t, peers, 2, "who is listed has not gone")
		_, err = f.Peer(otherID)
		require.NoError(t, err)
		_, err = f.AddPeer(trust.Peer{ID: oneID, Name: "ann", Until: until.Add(time.Minute)})
		require.NoError(t, err)
		_, err = f.Peer(oneID)
		require.NoError(t, err)
	})
}

func TestTimeOfAPeerEndsEvenIfTheClockIsSet(t *testing.T) {
	const years = 365 * 24 * time.Hour
	for what, row := range map[string]struct {
		wall, up time.Duration
		in       bool
	}{
		"at once":                         {0, 0, true},
		"at its end":                      {time.Hour, time.Hour, false},
		"the computer slept":              {time.Hour, time.Minute, false},
		"set back by an hour, at its end": {0, time.Hour, false},
		"set back by 20 years":            {-20 * years, time.Minute, false},
		"set forward by 20 years":         {20 * years, time.Minute, false},
	} {
		f, _ := folder(t)
		f.SetClock(0, 0)
		_, err := f.AddPeer(trust.Peer{ID: oneID, Until: time.Now().Add(time.Hour)})
		require.NoError(t, err)
		_, err = f.AddPeer(trust.Peer{ID: otherID})
		require.NoError(t, err)
		_, err = f.Peers() // Peers reads the file too
		require.NoError(t, err)
		f.SetClock(row.wall, row.up)
		_, err = f.Peer(oneID)
		if row.in {
			require.NoError(t, err, what)
		} else {
			require.ErrorIs(t, err, trust.ErrExpired, what)
		}
		_, err = f.Peer(otherID)
		require.NoError(t, err, "who is a peer for ever has no time")
	}
}

func TestOver(t *testing.T) {
	began := day("2026-11-22").Add(12 * time.Hour)
	const years = 365 * 24 * time.Hour
	for what, row := range map[string]struct {
		lasts  time.Duration
		seen   time.Duration // after the beginning, by the wall clock
		now    time.Duration // likewise
		passed time.Duration // since it was seen, by the monotonic clock
		over   bool
	}{
		"at once":                 {time.Hour, 0, 0, 0, false},
		"a moment before its end": {time.Hour, 0, time.Hour - 1, time.Hour - 1, false},
		"at its end":              {time.Hour, 0, time.Hour, time.Hour, true},
		// as after the computer has slept
		"the wall clock alone says so":  {time.Hour, 0, time.Hour, time.Minute, true},
		"the other clock alone says so": {time.Hour, 0, time.Minute, time.Hour, true},
		"seen late": {
			time.Hour, 50 * time.Minute, 59 * time.Minute, 9 * time.Minute, false,
		},
		"seen late, and by both over": {time.Hour, 50 * time.Minute, time.Hour, 10 * time.Minute, true},
		"seen late, clock stopped": {
			time.Hour, 50 * time.Minute, 50 * time.Minute, 10 * time.Minute, true,
		},
		"seen after its end": {time.Hour, 2 * time.Hour, 2 * time.Hour, 0, true},
		"set back a bit": {
			time.Hour, 30 * time.Minute, 10 * time.Minute, 5 * time.Minute, false,
		},
		"set back a bit, and over": {
			time.Hour, 30 * time.Minute, 10 * time.Minute, 30 * time.Minute, true,
		},
		"set back to before it began":        {time.Hour, 0, -1, time.Minute, true},
		"set back 20 years":                  {time.Hour, 0, -20 * years, time.Minute, true},
		"set back 20 years before the start": {time.Hour, -20 * years, -20 * years, 0, true},
		"set forward 20 years":               {time.Hour, 0, 20 * years, time.Minute, true},
		"set forward a bit":                  {time.Hour, 0, 30 * time.Minute, time.Minute, false},
		"seen while set forward":             {time.Hour, 20 * years, time.Minute, time.Minute, true},
	} {
		require.Equal(t, row.over,
			trust.IsOver(
				began, began.Add(row.lasts), began.Add(row.seen), began.Add(row.now),
				row.passed,
			), what)
	}
}

func TestOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := trust.SinglePeer{ID: oneID, Name: "ann", Can: trust.Dir, Until: time.Now().Add(time.Hour)}
		p, err := o.Peer(oneID)
		require.NoError(t, err)
		require.Equal(t, trust.Peer(o), p)
		_, err = o.Peer(otherID)
		require.ErrorIs(t, err, trust.ErrUnknown)
		_, err = trust.SinglePeer{}.Peer("")
		require.ErrorIs(t, err, trust.ErrUnknown, "who has no certificate is nobody")
		time.Sleep(time.Hour)
		_, err = o.Peer(oneID)
		require.ErrorIs(t, err, trust.ErrExpired)
	})
}

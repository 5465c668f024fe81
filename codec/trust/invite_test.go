package trust_test

import (
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
)

func TestInvitationIsOpenForEveryProcess(t *testing.T) {
	f, dir := folder(t)
	code, err := f.Invite(trust.ReadOnly, 2*time.Hour)
	require.NoError(t, err)
	require.Regexp(t, regexp.MustCompile(`^[a-z2-7]{26}$`), code.Token)
	require.WithinDuration(t, time.Now(), code.Made, 2*time.Second)
	code2 := code
	code2.Token, code2.Made = "", time.Time{}
	require.Equal(t, trust.Invitation{Can: trust.ReadOnly, For: 2 * time.Hour, Left: 3}, code2)
	again, err := trust.Open(dir)
	require.NoError(t, err)
	for _, f := range []*trust.Folder{f, again} {
		open, err := f.Invitation()
		require.NoError(t, err)
		require.Equal(t, code, open)
	}
	require.NoError(t, again.Close(code))
	_, err = f.Invitation()
	require.ErrorIs(t, err, trust.ErrClosed)
	requireOnly(t, dir)
}

func TestNewInvitationTakesTheOldOnesPlace(t *testing.T) {
	f, dir := folder(t)
	old, err := f.Invite(trust.AllRights, 0)
	require.NoError(t, err)
	code, err := f.Invite(trust.Dir, 0)
	require.NoError(t, err)
	require.NotEqual(t, old.Token, code.Token)
	_, err = f.Spend(old)
	require.ErrorIs(t, err, trust.ErrClosed)
	require.ErrorIs(t, f.Close(old), trust.ErrClosed)
	open, err := f.Invitation()
	require.NoError(t, err)
	require.Equal(t, code, open)
	requireOnly(t, dir, "invite")
}

func TestInvitationHasThreeTries(t *testing.T) {
	f, _ := folder(t)
	code, err := f.Invite(trust.AllRights, 0)
	require.NoError(t, err)
	for _, want := range []int{2, 1, 0} {
		left, err := f.Spend(code)
		require.NoError(t, err)
		require.Equal(t, want, left)
	}
	_, err = f.Spend(code)
	require.ErrorIs(t, err, trust.ErrClosed)
	_, err = f.Invitation()
	require.ErrorIs(t, err, trust.ErrClosed)
	require.NoError(t, f.Close(code), "the third try may be right")
}

func TestThreeOfTwelveConcurrentTriesSucceed(t *testing.T) {
	f, dir := folder(t)
	code, err := f.Invite(trust.AllRights, 0)
	require.NoError(t, err)
	var wg sync.WaitGroup
	var spent, closed atomic.Int32
	for n := range 12 {
		wg.Go(func() {
			var err error
			if n < 4 { // these each run in a process of their own
				if out, perr := process(t, dir, "spend").Output(); perr != nil {
					err = trust.ErrClosed
					if string(out) != trust.ErrClosed.Error()+"\n" {
						t.Errorf("%v: %s", perr, out)
					}
				}
			} else {
				_, err = f.Spend(code)
			}
			switch err {
			case nil:
				spent.Add(1)
			case trust.ErrClosed:
				closed.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, int32(3), spent.Load())
	require.Equal(t, int32(9), closed.Load())
}

func TestOneOfTwelveConcurrentClosesSucceeds(t *testing.T) {
	f, _ := folder(t)
	code, err := f.Invite(trust.AllRights, 0)
	require.NoError(t, err)
	var wg sync.WaitGroup
	var closed atomic.Int32
	for range 12 {
		wg.Go(func() {
			if err := f.Close(code); err == nil {
				closed.Add(1)
			} else if err != trust.ErrClosed {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, int32(1), closed.Load())
}

func TestInvitationEndsAfterTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, dir := folder(t)
		code, err := f.Invite(trust.AllRights, 0)
		require.NoError(t, err)
		time.Sleep(10*time.Minute - time.Nanosecond)
		_, err = f.Invitation()
		require.NoError(t, err)
		_, err = f.Spend(code)
		require.NoError(t, err, "which does not make it last longer")
		time.Sleep(time.Nanosecond)
		again, err := trust.Open(dir)
		require.NoError(t, err)
		for _, f := range []*trust.Folder{f, again} {
			_, err = f.Invitation()
			require.ErrorIs(t, err, trust.ErrClosed)
			_, err = f.Spend(code)
			require.ErrorIs(t, err, trust.ErrClosed)
		}
	})
}

func TestInvitationEndsEvenIfTheClockIsSet(t *testing.T) {
	const years = 365 * 24 * time.Hour
	for what, row := range map[string]struct {
		wall, up time.Duration
		open     bool
	}{
		"at once":                              {0, 0, true},
		"after nine minutes":                   {9 * time.Minute, 9 * time.Minute, true},
		"after ten":                            {10 * time.Minute, 10 * time.Minute, false},
		"the computer slept":                   {10 * time.Minute, 0, false},
		"set back by ten minutes, after ten":   {0, 10 * time.Minute, false},
		"set back by an hour":                  {-time.Hour, 0, false},
		"set back by 20 years":                 {-20 * years, time.Minute, false},
		"set forward by 20 years":              {20 * years, 0, false},
		"set back by five minutes, after nine": {4 * time.Minute, 9 * time.Minute, true},
	} {
		f, _ := folder(t)
		f.SetClock(0, 0)
		_, err := f.Invite(trust.AllRights, 0)
		require.NoError(t, err)
		f.SetClock(row.wall, row.up)
		_, err = f.Invitation()
		if row.open {
			require.NoError(t, err, what)
		} else {
			require.ErrorIs(t, err, trust.ErrClosed, what)
		}
	}
}

func TestPairingLineIsReadAsItIsPasted(t *testing.T) {
	for _, addr := range []string{"192.0.2.7:8820", "office-pc.example:1", "[fe80::1%eth0]:8820"} {
		want := trust.PairingLine{Addr: addr, ID: oneID, Token: token}
		s := want.String()
		require.Equal(t, "techsh://"+addr+"/"+oneID+"/"+token, s)
		for what, pasted := range map[string]string{
			"as it is":          s,
			"a line end":        s + "\r\n",
			"blanks around":     " \t" + s + "  ",
			"wrapped":           s[:40] + "\n" + s[40:80] + "\r\n  " + s[80:],
			"quoted":            `"` + s + `"`,
			"in angle brackets": "<" + s + ">",
			"capitals":          strings.ToUpper(s),
			"a no-break space":  "\u00a0" + s,
			"zero width spaces": "\u200b" + s[:30] + "\ufeff" + s[30:],
			"the ID in groups":  strings.Replace(s, oneID, trust.ID(oneID).Groups(), 1),
		} {
			l, err := trust.ParsePairingLine(pasted)
			require.NoError(t, err, what)
			l.Addr = strings.ToLower(l.Addr)
			require.Equal(t, want, l, what)
		}
	}
}

func TestMalformedLineIsRefusedWithoutShowingTheToken(t *testing.T) {
	good := trust.PairingLine{Addr: "192.0.2.7:8820", ID: oneID, Token: token}.String()
	for what, s := range map[string]string{
		"nothing":          "",
		"words":            "one two three four",
		"another scheme":   strings.Replace(good, "techsh", "https", 1),
		"no scheme":        strings.TrimPrefix(good, "techsh://"),
		"one slash":        strings.Replace(good, "//", "/x/", 1),
		"no token":         strings.TrimSuffix(good, "/"+token),
		"cut":              good[:len(good)-1],
		"a character more": good + "a",
		"a part more":      good + "/",
		"a short ID":       strings.Replace(good, oneID, oneID[1:], 1),
		"no port":          strings.Replace(good, ":8820", "", 1),
		"no address":       strings.Replace(good, "192.0.2.7:8820", "", 1),
		"a question mark":  good + "?x=1",
		"a Kelvin sign":    strings.Replace(good, "k", "\u212a", 1) + "\u212a",
		"two lines":        good + "\n" + good,
	} {
		_, err := trust.ParsePairingLine(s)
		require.ErrorIs(t, err, codec.Errorf(codec.BadRequest, ""), what)
		require.NotContains(t, err.Error(), token[:20], what)
	}
}

func TestNewTokensDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		c := trust.NewToken()
		require.Regexp(t, "^[a-z2-7]{26}$", c)
		require.False(t, seen[c])
		seen[c] = true
	}
}

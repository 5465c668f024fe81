package codec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestOptions(t *testing.T) {
	options := []codec.Option{
		{Short: 'r', Long: "recursive"},
		{Short: 'f'},
		{Short: 'd', Long: "depth", Arg: "N"},
		{Long: "have", Arg: "N,SUM"},
		{Long: "watch"},
	}
	for _, row := range []struct {
		line, words, opts, err string
		optionsFirst           bool
	}{
		{line: ``},
		{line: `a b`, words: `a b`},
		{line: `-r a`, words: `a`, opts: `r`},
		{line: `a -r`, words: `a`, opts: `r`},
		{line: `--recursive`, opts: `r`},
		{line: `-rf`, opts: `r f`},
		{line: `-rr`, opts: `r`},
		{line: `-d 2 a`, words: `a`, opts: `d=2`},
		{line: `-d2`, opts: `d=2`},
		{line: `-rd2`, opts: `r d=2`},
		{line: `-rd 2 -f`, opts: `r d=2 f`},
		{line: `-dr`, opts: `d=r`},
		{line: `-d=2`, opts: `d==2`},
		{line: `--depth 2`, opts: `d=2`},
		{line: `--depth=2`, opts: `d=2`},
		{line: `--depth=`, opts: `d=`},
		{line: `--have=1,x=y`, opts: `have=1,x=y`},
		{line: `-d -r`, opts: `d=-r`},
		{line: `-d -- a`, words: `a`, opts: `d=--`},
		{line: `-d "-1"`, opts: `d=-1`},
		{line: `-- -r`, words: `-r`},
		{line: `a -- -r --`, words: `a -r --`},
		{line: `-`, words: `-`},
		{line: `"-r" '-f' -"r" e"-r"`, words: `"-r" "-f" "-r" "-r"`},
		{line: `"--" -r`, words: `"--"`, opts: `r`},
		{line: `"--recursive"`, words: `"--recursive"`},

		{line: `-r make -f x`, words: `make -f x`, opts: `r`, optionsFirst: true},
		{line: `-d 2 make -d`, words: `make -d`, opts: `d=2`, optionsFirst: true},
		{line: `make -- -f`, words: `make -- -f`, optionsFirst: true},
		{line: `-- -r -f`, words: `-r -f`, optionsFirst: true},
		{line: `"-r" -f`, words: `"-r" -f`, optionsFirst: true},
		{line: `- -f`, words: `- -f`, optionsFirst: true},

		{line: `-x`, err: "there is no option -x"},
		{line: `-rx`, err: "there is no option -x"},
		{line: `-é`, err: "there is no option -é"},
		{line: "-\x00", err: "there is no option -\x00"},
		{line: `-r=1`, err: "there is no option -="},
		{line: `--rec`, err: "there is no option --rec"},
		{line: `--=x`, err: "there is no option --"},
		{line: `---r`, err: "there is no option ---r"},
		{line: `--f`, err: "there is no option --f"},
		{line: `--watch=yes`, err: "--watch takes no argument"},
		{line: `--watch=`, err: "--watch takes no argument"},
		{line: `-d`, err: "-d needs an argument: N"},
		{line: `-rd`, err: "-d needs an argument: N"},
		{line: `--have`, err: "--have needs an argument: N,SUM"},
		{line: `-d1 --depth=2`, err: "--depth is given twice"},
		{line: `-d 1 -d 2`, err: "-d is given twice"},
	} {
		words, err := codec.Split(row.line)
		require.NoError(t, err, row.line)
		args, err := codec.Options(words, options, row.optionsFirst)
		if row.err != "" {
			require.EqualError(t, err, row.err, row.line)
			require.ErrorIs(t, err, is(codec.BadRequest), row.line)
			continue
		}
		require.NoError(t, err, row.line)
		wantWords, err := codec.Split(row.words)
		require.NoError(t, err)
		require.Equal(t, bare(wantWords), bare(args.Words), row.line)
		wantOpts, err := codec.Split(row.opts)
		require.NoError(t, err)
		want := map[string]string{}
		for _, w := range wantOpts {
			pair, _ := codec.ParsePairs([]codec.Word{codec.Bare(w.Text + "=")})
			want[pair[0].Key] = w.Text[min(len(pair[0].Key)+1, len(w.Text)):]
		}
		for _, key := range []string{"r", "f", "d", "have", "watch", "recursive", "depth"} {
			value, ok := args.Value(key)
			wantValue, wantOK := want[key]
			require.Equal(t, wantOK, ok, "%s: %s", row.line, key)
			require.Equal(t, wantOK, args.Has(key))
			require.Equal(t, wantValue, value, row.line)
		}
	}
}

func TestRepeatableOptionKeepsAllArguments(t *testing.T) {
	options := []codec.Option{{Short: 'e', Long: "set", Arg: "NAME=VALUE", Many: true}, {Short: 'd', Arg: "N"}}
	for line, want := range map[string][]string{
		`x -e y`:                       nil,
		`-e A=1 x`:                     {"A=1"},
		`-eA=1 --set=B=2 --set "C=" x`: {"A=1", "B=2", "C="},
		`-e A=1 -e A=1 -d 2 -e A= x`:   {"A=1", "A=1", "A="},
	} {
		words, err := codec.Split(line)
		require.NoError(t, err)
		args, err := codec.Options(words, options, true)
		require.NoError(t, err, line)
		require.Equal(t, want, args.Values("e"), line)
		last, ok := args.Value("e")
		require.Equal(t, want != nil, ok)
		if ok {
			require.Equal(t, want[len(want)-1], last)
		}
	}
}

func TestAnOptionInASynopsis(t *testing.T) {
	for want, o := range map[string]codec.Option{
		"-r, --recursive": {Short: 'r', Long: "recursive"},
		"-d N":            {Short: 'd', Arg: "N"},
		"--have N,SUM":    {Long: "have", Arg: "N,SUM"},
	} {
		require.Equal(t, want, o.String())
	}
}

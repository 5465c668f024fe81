package shell

import (
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestTildeDotAtTheBeginningOfALineIsTheWayOut(t *testing.T) {
	for typed, c := range map[string]struct {
		passed string
		out    bool
	}{
		"abc\r":      {"abc\r", false},
		"~.":         {"", true},
		"ls\r~.more": {"ls\r", true},
		"a~.":        {"a~.", false},
		"~~.":        {"~.", false},
		"~~~.":       {"~~.", false},
		"~a\r~/x":    {"~a\r~/x", false},
		"~\r~.":      {"~\r", true},
		"\x1b~.":     {"\x1b~.", false},
	} {
		for _, step := range []int{1, 2, len(typed)} {
			w := wayOut{fresh: true}
			var passed []byte
			out := false
			for at := 0; at < len(typed) && !out; at += step {
				var rest []byte
				rest, out = w.take([]byte(typed[at:min(at+step, len(typed))]))
				passed = append(passed, rest...)
			}
			require.Equal(t, c.passed, string(passed), "%q", typed)
			require.Equal(t, c.out, out, "%q", typed)
		}
	}
}

func TestAHostileServerCannotMakeExecFailBadly(t *testing.T) {
	for name, pairs := range map[string]codec.Pairs{
		"no status":    nil,
		"no number":    {{Key: "exit", Value: "lots"}},
		"an odd pid":   {{Key: "pid", Value: "-"}},
		"empty status": {{Key: "exit", Value: ""}},
	} {
		answer := func(c *codec.Conn, _ []codec.Word) { _ = c.WriteWords(codec.OK, pairs.Words()...) }
		s, output, _, _ := hostile(t, answers{"EXEC": answer, "RUN": answer})
		for _, line := range []string{"exec true", "start true"} {
			commands, err := s.parse(line, grammar{})
			require.NoError(t, err)
			require.ErrorIs(t, s.runAll(t.Context(), commands), &codec.Error{Code: codec.BadFrame}, name)
			require.Contains(t, output(), "is missing", name)
		}
	}
}

func TestATerminalThatIsNotThereIsNotLent(t *testing.T) {
	here := Stream{Terminal: true}
	for want, s := range map[string]*Shell{
		"":                                   {In: here, Out: here, input: &feed{}},
		"-t: a job has no terminal":          {job: &sideJob{}, input: &feed{}},
		"-t: standard input is the script":   {script: true, Out: here, input: &feed{}},
		"-t: standard input is no terminal":  {Out: here, input: &feed{}},
		"-t: standard output is no terminal": {In: here, input: &feed{}},
		"-t: it is typed to, a file cannot be its input": {In: here, Out: here, input: &feed{given: true}},
	} {
		err := s.canLend(invocation{})
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, want)
	}
}

func TestAPanicGivesTheTerminalBack(t *testing.T) {
	back := false
	l := &loan{restore: func() { back = true }}
	l.guard(func() {})
	require.False(t, back)
	require.Panics(t, func() { l.guard(func() { panic("of the link's reader") }) })
	require.True(t, back)
}

// Who watches top does not want a line of ours in it; what was said meanwhile
// is said afterwards. Before the program shows anything it may be a question
// that it waits for.
func TestNewsStaysOffAScreenThatIsLent(t *testing.T) {
	var l *loan
	require.False(t, l.hear("news\n"), "nothing is lent")
	l = &loan{}
	require.False(t, l.hear("somebody is being asked\n"))
	l.shown = true
	require.True(t, l.hear("it goes down\n"))
	require.Equal(t, "it goes down\n", l.heard)
	for range 10_000 {
		require.True(t, l.hear("and again, said by somebody who never stops\n"))
	}
	require.LessOrEqual(t, len(l.heard), maxHeard)
	l.over = true
	require.False(t, l.hear("bye\n"))
}

package codec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestMaskHidesSecretsAndNothingElse(t *testing.T) {
	for _, c := range []struct{ verb, line, want string }{
		{"EXEC", "-e TOKEN=s3cret env", "-e TOKEN=****** env"},
		{"SH", "-e TOKEN=s3cret -- env\n", "-e TOKEN=****** -- env\n"},
		{"RUN", "-d /tmp -eTOKEN=s3cret env", "-d /tmp -eTOKEN=****** env"},
		{"EXEC", "-ieTOKEN=s3cret env", "-ieTOKEN=****** env"},
		{"EXEC", "-ie TOKEN=s3cret env", "-ie TOKEN=****** env"},
		{"EXEC", "-t 80x24 --timeout 5 -e A=b -e C=d=e -- x -e F=g", "-t 80x24 --timeout 5 -e A=* -e C=*** -- x -e F=g"},
		{"SH", "--shell=bash -e A=b x", "--shell=bash -e A=* x"},
		{"EXEC", `-e "A=b c" x`, `-e "A=***" x`},
		{"EXEC", `-e A="b c" x`, `-e A=***** x`},
		{"EXEC", `-e 'A=b ""c' x`, `-e 'A=*****' x`},
		{"EXEC", `-e e"A=b\n" x`, `-e e"A=***" x`},
		{"EXEC", `-e e"A\x3db" x`, `-e e"******" x`},
		{"EXEC", "-e A= x", "-e A= x"},
		{"EXEC", "-e s3cret x", "-e ****** x"}, // refused
		// what a program gets is shown, whatever it looks like
		{"EXEC", "perl -e a=system(1)", "perl -e a=system(1)"},
		{"EXEC", "-i perl -e a=b", "-i perl -e a=b"},
		{"EXEC", "-d -e perl -e a=b", "-d -e perl -e a=b"},
		{"EXEC", "-e A=b sh -e C=d", "-e A=* sh -e C=d"},
		{"EXEC", `"-e" A=b`, `"-e" A=b`},
		{"EXEC", "-- -e A=b", "-- -e A=b"},
		{"SH", "true; start -e A=$(id)", "true; start -e A=$(id)"},
		{"DIR", "-e A=b auth c", "-e A=b auth c"},
		// such calls are refused
		{"EXEC", "--env A=b x", "--env A=* x"},
		{"EXEC", "-x -e A=b x", "-x -e A=* x"},
		{"EXEC", `-e "A=b c`, `-e "A=***`},
		{"AUTH", "q7hz2k", "******"},
		{"PAIR", "proof=1 name=x\n", "**************\n"},
		{"OK", "proof=abc name=x\n", "proof=*** name=x\n"},
		{"", "auth q7hz", "auth ****"},
		{"", "repair x authority y", "repair x authority y"},
		{"", "exec -i -e A=b env", "exec -i -e A=* env"},
		{"", "dir;exec -t -eA=b env -e c", "dir;exec -t -eA=* env -e c"},
		{"", `explain sh -e "A=b c" env; run -e D='e' x`, `explain sh -e "A=***" env; run -e D=*** x`},
		{"", `exec -e "A=b c`, `exec -e "A=***`},
		{"", "get -name=x find --type=e f=g", "get -name=x find --type=e f=g"},
		{"ERR", "bad-frame \"PAIR q7\"\n", "bad-frame \"PAIR ***\n"},
		{"ERR", "not-found \"auth x\"\n", "not-found \"auth x\"\n"},
	} {
		var verb codec.Verb
		if c.verb != "" {
			verb = codec.MakeVerb(c.verb)
		}
		require.Equal(t, c.want, codec.Mask(verb, c.line), c.verb+" "+c.line)
		require.Len(t, c.want, len(c.line))
	}
}

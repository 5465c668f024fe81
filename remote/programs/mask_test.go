package programs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"techsh/codec"
	"techsh/remote/programs"
)

func TestMaskHidesTheVariablesOfACallAndNoArgumentOfItsProgram(t *testing.T) {
	for _, row := range programs.New().Rows() {
		words := []string{
			"-e", "A=s3cret", `"A=s3cret x"`, "-eA=s3cret", `e"\x41=s3cret"`, "--", "prog", "sh", "x=y", "-x", "-",
		}
		hasVariables := false
		for _, o := range row.Options {
			if o.Arg == "NAME=VALUE" {
				hasVariables = true
				continue
			}
			if o.Short != 0 {
				words = append(words, "-"+string(rune(o.Short)), "-"+string(rune(o.Short))+"e")
			} else {
				words = append(words, "--"+o.Long, "--"+o.Long+"=5")
			}
		}
		if !hasVariables {
			continue
		}
		rapid.Check(t, func(t *rapid.T) {
			line := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 8).Draw(t, "words"), " ")
			shown := codec.Mask(codec.MakeVerb(row.Verb), line)
			require.Len(t, shown, len(line))
			split, err := codec.Split(line)
			require.NoError(t, err)
			args, err := codec.Options(split, row.Options, row.OptionsFirst)
			if err != nil {
				return // nothing is run
			}
			end := len(line)
			if len(args.Words) > 0 {
				end = args.Words[0].Start
			}
			require.Equal(t, line[end:], shown[end:], line)
			for _, o := range row.Options {
				if o.Arg != "" && o.Short != 'e' && args.Has(o.Key()) {
					return // its argument may be the same text
				}
			}
			require.NotContains(t, shown[:end], "s3cret", line)
		})
	}
}

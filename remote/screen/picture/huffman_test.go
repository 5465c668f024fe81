package picture_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/remote/screen/picture"
)

// The limits of deflate.
const (
	literals = 286
	maxBits  = 15
)

// Decompressors refuse a code whose tree is not complete.
func TestCodeIsATree(t *testing.T) {
	fibonacci := make([]uint32, 40) // the deepest tree
	fibonacci[0], fibonacci[1] = 1, 1
	for i := 2; i < len(fibonacci); i++ {
		fibonacci[i] = fibonacci[i-1] + fibonacci[i-2]
	}
	powers := make([]uint32, 19)
	for i := range powers {
		powers[i] = 1 << i
	}
	all := make([]uint32, literals)
	for i := range all {
		all[i] = 1
	}
	cases := map[string][]uint32{
		"none": make([]uint32, 30), "one": {0, 0, 5}, "the first alone": {5, 0, 0}, "two": {1, 0, 900},
		"fibonacci": fibonacci, "powers": powers, "all alike": all,
	}
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 300 {
		list := make([]uint32, 2+random.IntN(literals-1))
		for j := range list {
			list[j] = random.Uint32() >> (random.UintN(31) + 1)
		}
		cases[fmt.Sprint("random ", i)] = list
	}
	for name, occur := range cases {
		for _, longest := range []int{7, maxBits} {
			if len(occur) > 1<<longest {
				continue
			}
			space, used := 0, 0
			for id, size := range picture.CodeSizes(occur, longest) {
				require.LessOrEqual(t, int(size), longest, name)
				if occur[id] > 0 {
					require.NotZero(t, size, "%s: symbol %d", name, id)
				}
				if size > 0 {
					used++
					space += 1 << (maxBits - size)
				}
			}
			require.Equal(t, 1<<maxBits, space, "%s, at most %d bits, %d symbols", name, longest, used)
		}
	}
}

// A rare symbol is never shorter than a frequent one.
func TestFrequentSymbolsHaveShortCodes(t *testing.T) {
	occur := []uint32{1, 1000, 30, 2, 500, 1, 1, 90}
	sizes := picture.CodeSizes(occur, maxBits)
	for i, n := range occur {
		for j, m := range occur {
			if n > m {
				require.LessOrEqual(t, sizes[i], sizes[j])
			}
		}
	}
	require.EqualValues(t, 1, sizes[1])
}

package command

import (
	"fmt"
	"slices"
	"strings"
)

// HoldsSecret reports whether a scanned line may contain a cookie or a proof, which are
// arguments of the verbs AUTH and PAIR. It also finds a verb that is quoted, or written
// in hexadecimal as in "raw -x 41 55 54 48".
func HoldsSecret(parts []Part) bool {
	unquote := strings.NewReplacer(`"`, "", "'", "") // a Rest, a Filter and a Comment still contain their quotes
	var words []string
	for _, p := range parts {
		for _, token := range p.Tokens {
			words = append(words, strings.Fields(unquote.Replace(strings.ToUpper(token.Text)))...)
		}
	}
	digits := strings.Join(words, "")
	return slices.ContainsFunc([]string{"AUTH", "PAIR"}, func(verb string) bool {
		return slices.Contains(words, verb) || strings.Contains(digits, fmt.Sprintf("%X", verb))
	})
}

// Command layers checks the laws of the house that a machine can check: which
// names there are, which package may import which, where each dependency has its
// door, and how large packages and lines may be. It reads every Go file, whatever
// system the file is for.
//
// The files: house.go has the laws, check.go checks them.
package main

import (
	"fmt"
	"os"
)

func main() {
	wrong, err := check(os.DirFS("."))
	if err != nil {
		fmt.Fprintln(os.Stderr, "layers:", err)
		os.Exit(2)
	}
	for _, line := range wrong {
		fmt.Println(line)
	}
	if len(wrong) > 0 {
		os.Exit(1)
	}
}

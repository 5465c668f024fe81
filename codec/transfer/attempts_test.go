//go:build !race

package transfer_test

// raceAttempts is how often a race is run for: some seconds.
const raceAttempts = 1_000_000

//go:build race

package transfer_test

// raceAttempts is how often a race is run for: some seconds, of a tenth of the
// speed.
const raceAttempts = 60_000

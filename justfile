# The recipes of techsh: `just` lists them. Like CI, most of them run `.ci/run`.

# list the recipes
[private]
default:
    @just --list --unsorted

# check the format, vet on six systems, staticcheck, go.mod, the layers and the words
check:
    .ci/run check

# run the tests
test:
    .ci/run test

# run the tests with all rounds of the heavy ones, and the attacks
torture:
    .ci/run torture

# run the tests of the Windows build under wine; they need no Windows
windows:
    .ci/run windows

# run the tests with the race detector, which needs a C compiler
race:
    .ci/run race

# build both programs into .cache/bin
build:
    .ci/run build

# build both programs as they are released, for Linux, Windows and macOS, into .cache/cross
cross:
    .ci/run cross

# run every fuzz target for 10 seconds
fuzz:
    #!/usr/bin/env bash
    set -euo pipefail
    go test -list '^Fuzz' ./... |
        awk '/^Fuzz/ { names[n++] = $1 } $1 == "ok" { while (n > 0) print $2, names[--n] }' |
        while read -r package name; do
            echo "== $name in $package"
            go test -run '^$' -fuzz "^$name\$" -fuzztime 10s -fuzzminimizetime 1s -parallel 1 "$package" </dev/null
        done

# run the benchmarks; LIKE is a pattern for their names
bench like=".":
    #!/usr/bin/env bash
    set -euo pipefail
    packages=$(git grep -l '^func Benchmark' -- '*_test.go' | sed 's|^|./|; s|/[^/]*$||' | sort -u)
    go test -run '^$' -bench {{ quote(like) }} -benchmem $packages

# compare techsh with ssh, rsync and others; --quick, --rounds N, --delay 20ms, parts of row names
[positional-arguments]
bench-peers *args:
    .ci/bench-peers "$@"

# compare screenshots with scrot, maim, import and ffmpeg; --rounds N, --keep DIR, parts of row names
[positional-arguments]
bench-shots *args:
    .ci/bench-shots "$@"

# check the imports and the names of packages, and the sizes of packages and lines
layers:
    .ci/run layers

# run a short session with the embedded remote
demo:
    go run ./shell/techsh -c 'dir; info; time'

# make the session in the README and its picture, from a run in a terminal; needs Xvfb
picture:
    UPDATE=1 go test ./shell/techsh -count=1 -run TestTheSessionInTheREADMEIsTrue

# run all steps of CI, which installs missing programs
ci:
    .ci/run

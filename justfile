# The recipes of techsh: `just` lists them. CI runs `.ci/run`, and so do they.

# this list
[private]
default:
    @just --list --unsorted

# format, vet on six systems, staticcheck, go.mod, layers
check:
    .ci/run check

# the tests
test:
    .ci/run test

# the tests with all rounds of what is heavy
torture:
    .ci/run torture

# the tests under the race detector, which needs a C compiler
race:
    .ci/run race

# both programs, into .cache/bin
build:
    .ci/run build

# both programs for Linux, Windows and macOS, into .cache/cross
cross:
    .ci/run cross

# every fuzz target, 10 seconds each
fuzz:
    #!/usr/bin/env bash
    set -euo pipefail
    go test -list '^Fuzz' ./... |
        awk '/^Fuzz/ { names[n++] = $1 } $1 == "ok" { while (n > 0) print $2, names[--n] }' |
        while read -r package name; do
            echo "== $name in $package"
            go test -run '^$' -fuzz "^$name\$" -fuzztime 10s -fuzzminimizetime 1s -parallel 1 "$package" </dev/null
        done

# how fast it is; LIKE picks benchmarks by name
bench like=".":
    go test -run '^$' -bench {{ quote(like) }} -benchmem ./codec ./codec/link ./codec/transfer ./codec/trust ./remote/... ./shell ./shell/techsh

# techsh against ssh, rsync and others on this machine; --quick, --rounds N, --delay 20ms, parts of row names
[positional-arguments]
bench-peers *args:
    .ci/bench-peers "$@"

# screenshots against scrot, maim, import and ffmpeg; --rounds N, --keep DIR, parts of row names
[positional-arguments]
bench-shots *args:
    .ci/bench-shots "$@"

# who may import what, and which names there are
layers:
    .ci/run layers

# a short session with the embedded remote
demo:
    go run ./shell/techsh -c 'dir; info; time'

# all that CI does, which installs what is missing
ci:
    .ci/run

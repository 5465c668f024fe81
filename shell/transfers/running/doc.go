// Package running has what get, put and sync share while they run: options, progress,
// counts and failures, and which files of two trees differ.
package running

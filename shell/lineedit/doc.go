// Package lineedit reads lines at a terminal. It is the only package that
// imports readline, and adds what readline lacks: wide characters, long lines,
// bracketed pastes, messages above the prompt, and completion beside typing.
package lineedit

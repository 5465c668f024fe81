// Package lineedit reads lines at a terminal. It is the only package that imports
// readline, and adds what readline does not support: wide characters, long lines,
// bracketed paste, messages above the prompt, and completion while the user keeps
// typing.
package lineedit

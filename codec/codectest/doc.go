// Package codectest has what the tests of several packages need. Only tests import it.
package codectest

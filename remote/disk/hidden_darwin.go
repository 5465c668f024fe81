package disk

import "golang.org/x/sys/unix"

// hiddenByFlag reports whether a flag hides a file.
func hiddenByFlag(st *unix.Stat_t) bool { return st.Flags&unix.UF_HIDDEN != 0 }

package remotetest

import (
	"runtime"
	"runtime/metrics"
)

// Heap returns the bytes in use after a garbage collection.
func Heap() int64 {
	runtime.GC()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return int64(live[0].Value.Uint64())
}

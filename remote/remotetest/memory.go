package remotetest

import (
	"runtime"
	"runtime/metrics"
)

// Heap is what is in use, in bytes, without what nobody needs any more.
func Heap() int64 {
	runtime.GC()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return int64(live[0].Value.Uint64())
}

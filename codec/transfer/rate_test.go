package transfer_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

func TestRateIsKept(t *testing.T) {
	for _, rate := range []int64{1000, 100 << 10, 10 << 20} {
		synctest.Test(t, func(t *testing.T) {
			size := 10 * rate
			rec := transfer.Receiver{
				Choose: func(codec.Entry) (landing.Target, error) {
					return landing.Target{Writer: discarding{}}, nil
				},
				Failed: func(_ string, err error) { t.Error(err) },
			}
			began, last, most := time.Now(), time.Now(), time.Duration(0)
			rec.Progress = func(int64) {
				most = max(most, time.Since(last))
				last = time.Now()
			}
			require.NoError(t, cross(t, &rec, func(s *transfer.Sender) error {
				s.Rate = rate
				for range 2 { // the limit applies to the stream, not to each file
					if err := s.File(
						t.Context(),
						codec.Entry{
							Kind: codec.Regular, Mode: 0o600,
							Size: size / 2, Name: "x",
						},
						zeros{},
					); err != nil {
						return err
					}
				}
				return nil
			}))
			require.Equal(t, size, rec.Bytes)
			require.InDelta(t, 10*time.Second, time.Since(began), float64(1200*time.Millisecond))
			require.LessOrEqual(t, most, 1100*time.Millisecond, "it flows")
		})
	}
}

func TestPacedFileIsCancelledAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reason := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(2500*time.Millisecond, func() { cancel(reason) })
		began := time.Now()
		s := transfer.Sender{To: codec.NewConn(discarding{}), Rate: 1}
		err := s.File(ctx, codec.Entry{Kind: codec.Regular, Mode: 0o600, Size: 1 << 30, Name: "x"}, zeros{})
		require.ErrorIs(t, err, reason)
		require.Equal(t, 2500*time.Millisecond, time.Since(began))
	})
}

package trust

import (
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"

	"techsh/codec"
)

const (
	InviteTime  = 10 * time.Minute // how long a pairing code can be used
	InviteTries = 3
)

// ErrClosed is the error when no pairing code is open.
var ErrClosed = errors.New("no pairing code is open")

// An Invitation is an open pairing code. It is the only line
//
//	TOKEN can=dir,get,… made=TIME left=TRIES [for=DURATION]
//
// of the file invite, so that a new invitation replaces the old one.
type Invitation struct {
	Token string        // 26 letters and digits, 130 bits
	Can   Rights        // the rights of the computer that uses the code
	For   time.Duration // how long the rights last after pairing; 0 means without limit
	Made  time.Time     // in UTC, whole seconds
	Left  int           // number of tries left
}

const (
	inviteFile = "invite"
	tokenSize  = 26
)

func parseInvitation(words []codec.Word) (i Invitation, err error) {
	i.Token = words[0].Text
	if err := checkToken(i.Token); err != nil {
		return i, err
	}
	return i, parsePairs(words[1:], []string{"can", "made", "left"}, map[string]func(string) error{
		"can":  func(s string) (err error) { i.Can, err = ParseRights(s); return err },
		"made": func(s string) (err error) { i.Made, err = parseTime(timeLayout, s); return err },
		"left": func(s string) error {
			n, ok := codec.ParseNumber(s)
			if i.Left = int(n); !ok || n > InviteTries {
				return codec.Errorf(codec.BadRequest, "%s is not a number of tries", quoteForError(s))
			}
			return nil
		},
		"for": func(s string) (err error) {
			if i.For, err = time.ParseDuration(s); err != nil || i.For <= 0 {
				return codec.Errorf(
					codec.BadRequest, "%s is not a duration such as 2h0m0s",
					quoteForError(s),
				)
			}
			return nil
		},
	})
}

func (i Invitation) line() []byte {
	words := []codec.Word{
		codec.Bare(i.Token), codec.Bare("can=" + i.Can.String()),
		codec.Bare("made=" + i.Made.Format(timeLayout)), codec.Bare("left=" + strconv.Itoa(i.Left)),
	}
	if i.For != 0 {
		words = append(words, codec.Bare("for="+i.For.String()))
	}
	return []byte(codec.Join(words) + "\n")
}

// checkToken checks the form of a token. Its error does not contain the token, because
// that is a secret.
func checkToken(s string) error {
	if len(s) != tokenSize || strings.Trim(s, idLetters) != "" {
		return codec.Errorf(codec.BadRequest, "the token has %d letters and digits", tokenSize)
	}
	return nil
}

// NewToken returns a new secret: 130 random bits as 26 letters and digits.
func NewToken() string {
	token := make([]byte, tokenSize)
	_, _ = rand.Read(token) // never fails, see crypto/rand
	for i, c := range token {
		token[i] = idLetters[c&31]
	}
	return string(token)
}

// Invite opens a pairing code. The computer that uses the code gets the rights in can.
// lasts is how long that computer keeps the rights; 0 means without limit.
func (f *Folder) Invite(can Rights, lasts time.Duration) (Invitation, error) {
	i := Invitation{
		Token: NewToken(), Can: can, For: max(lasts, 0),
		Made: f.now().wall.UTC().Truncate(time.Second), Left: InviteTries,
	}
	err := f.change(inviteFile, func([]byte) ([]byte, error) {
		f.firstSeen(i)
		return i.line(), nil
	})
	if err != nil {
		return Invitation{}, err
	}
	return i, nil
}

// Invitation returns the open pairing code, or ErrClosed.
func (f *Folder) Invitation() (i Invitation, err error) {
	_, err = f.load(inviteFile, func(data []byte) (err error) {
		i, err = f.parseOpenInvite(data)
		return err
	})
	return i, err
}

// Spend uses up one try of the invitation and returns the number of tries left. When
// several processes and goroutines call it at the same time, exactly as many calls
// succeed as there are tries; the other calls get ErrClosed.
func (f *Folder) Spend(i Invitation) (left int, err error) {
	err = f.change(inviteFile, func(data []byte) ([]byte, error) {
		now, err := f.parseOpenInvite(data)
		if err == nil && now.Token != i.Token {
			err = ErrClosed
		}
		if err != nil {
			return nil, err
		}
		now.Left--
		left = now.Left
		return now.line(), nil
	})
	return left, err
}

// Close ends the invitation. Of several calls only one succeeds; the others get
// ErrClosed.
func (f *Folder) Close(i Invitation) error {
	return f.change(inviteFile, func(data []byte) ([]byte, error) {
		now, err := f.parseInvite(data)
		if err == nil && now.Token != i.Token {
			err = ErrClosed
		}
		return nil, err
	})
}

// parseOpenInvite returns the invitation in data, or ErrClosed if there is none or it can
// no longer be used.
func (f *Folder) parseOpenInvite(data []byte) (Invitation, error) {
	i, err := f.parseInvite(data)
	if err != nil {
		return Invitation{}, err
	}
	if i.Left == 0 || isOver(i.Made, i.Made.Add(InviteTime), f.firstSeen(i), f.now()) {
		return Invitation{}, ErrClosed
	}
	return i, nil
}

// parseInvite returns the invitation in data, or ErrClosed if there is none.
func (f *Folder) parseInvite(data []byte) (Invitation, error) {
	path := f.Path(inviteFile)
	lines, err := parseLines(path, data, parseInvitation)
	if err != nil {
		return Invitation{}, err
	}
	switch all := lineValues(lines); len(all) {
	case 0:
		return Invitation{}, ErrClosed
	case 1:
		return all[0], nil
	}
	return Invitation{}, lineError(
		path, len(lines), codec.Errorf(codec.BadRequest, "there is only one invitation at a time"),
	)
}

// firstSeen returns when this process first saw the invitation.
func (f *Folder) firstSeen(i Invitation) clockTime {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.inviteSeen.token != i.Token {
		f.inviteSeen = firstSight{i.Token, f.now()}
	}
	return f.inviteSeen.at
}

// A firstSight is an invitation and the time when this process first saw it.
type firstSight struct {
	token string
	at    clockTime
}

// A PairingLine is the text techsh://ADDR:PORT/SERVERID/TOKEN. To pair two computers, a
// person copies it from one to the other.
type PairingLine struct {
	Addr  string
	ID    ID
	Token string
}

const lineScheme = "techsh://"

// String returns the line.
func (l PairingLine) String() string { return lineScheme + l.Addr + "/" + string(l.ID) + "/" + l.Token }

// ParsePairingLine parses a line that was pasted: in upper or lower case, with or without
// quotes, and with blanks and line ends anywhere, as mail and chat programs insert them.
// The error does not contain the token.
func ParsePairingLine(s string) (l PairingLine, err error) {
	s = strings.Trim(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) { // Cf includes zero-width spaces
			return -1
		}
		return r
	}, s), "\"'`<>")
	parts := strings.Split(s, "/")
	if len(parts) != 5 || !strings.EqualFold(parts[0]+"//", lineScheme) || parts[1] != "" {
		return l, codec.Errorf(
			codec.BadRequest, "that is not a complete pairing line, which looks like %sADDR:PORT/ID/TOKEN",
			lineScheme,
		)
	}
	if err := checkAddr(parts[2]); err != nil {
		return l, err
	}
	id, err := ParseID(parts[3])
	if err != nil {
		return l, err
	}
	token := strings.ToLower(parts[4])
	if err := checkToken(token); err != nil {
		return l, err
	}
	return PairingLine{Addr: parts[2], ID: id, Token: token}, nil
}

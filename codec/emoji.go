package codec

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	joiner         = '\u200d' // ZWJ, which joins two emoji into one picture
	emojiSelector  = '\ufe0f' // VS16, after a character that may be text or emoji
	enclosedKeycap = "\u20e3" // after a digit and VS16
)

// lowEmoji has the characters below U+10000 with the Unicode property Emoji, without
// those of ASCII.
const lowEmoji = "©®‼⁉™ℹ↔↕↖↗↘↙↩↪⌚⌛⌨⏏⏩⏪⏫⏬⏭⏮⏯⏰⏱⏲⏳⏸⏹⏺Ⓜ▪▫▶◀◻◼◽◾☀☁☂☃☄☎☑☔☕☘☝☠☢☣☦☪☮☯☸" +
	"☹☺♀♂♈♉♊♋♌♍♎♏♐♑♒♓♟♠♣♥♦♨♻♾♿⚒⚓⚔⚕⚖⚗⚙⚛⚜⚠⚡⚧⚪⚫⚰⚱⚽⚾⛄⛅⛈⛎⛏⛑⛓⛔⛩⛪⛰⛱⛲⛳⛴⛵⛷" +
	"⛸⛹⛺⛽✂✅✈✉✊✋✌✍✏✒✔✖✝✡✨✳✴❄❇❌❎❓❔❕❗❣❤➕➖➗➡➰➿⤴⤵⬅⬆⬇⬛⬜⭐⭕〰〽㊗㊙"

// isEmoji reports whether r is an emoji, or a symbol in one of the Unicode blocks that
// consist mostly of emoji.
func isEmoji(r rune) bool {
	const first, last = '\U0001f000', '\U0001faff'
	return first <= r && r <= last && unicode.IsSymbol(r) || r >= utf8.RuneSelf && strings.ContainsRune(lowEmoji, r)
}

// needsInvisible reports whether the invisible rune r belongs to an emoji. before and
// after are the texts around r.
func needsInvisible(before string, r rune, after string) bool {
	switch last, _ := utf8.DecodeLastRuneInString(before); r {
	case emojiSelector:
		return isEmoji(last) || strings.ContainsRune("0123456789#*", last) && strings.HasPrefix(after, enclosedKeycap)
	case joiner:
		next, _ := utf8.DecodeRuneInString(after)
		if last == emojiSelector {
			last, _ = utf8.DecodeLastRuneInString(before[:len(before)-len(string(emojiSelector))])
		}
		return isEmoji(last) && isEmoji(next)
	}
	return false
}

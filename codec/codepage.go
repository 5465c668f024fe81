package codec

import "fmt"

// CodePage returns the IANA name of a code page of Windows, such as IBM850 for 850, or ""
// for code page 0.
func CodePage(number int) string {
	switch number {
	case 0:
		return ""
	case 858:
		return "IBM00858"
	case 874:
		return "windows-874"
	case 932:
		return "Shift_JIS"
	case 936:
		return "GBK"
	case 949:
		return "EUC-KR"
	case 950:
		return "Big5"
	case 65001:
		return "UTF-8"
	}
	if number >= 1250 && number <= 1258 {
		return fmt.Sprintf("windows-%d", number)
	}
	return fmt.Sprintf("IBM%03d", number)
}

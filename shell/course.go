package shell

import (
	_ "embed"
	"fmt"
	"strings"
)

// course is a tour for learners. A test does what it says.
//
//go:embed course.txt
var course string

// courseTopic is what help calls it.
const courseTopic = "course"

func (s *Shell) showCourse() {
	for line := range strings.Lines(course) {
		text, paint := strings.TrimSuffix(line, "\n"), func(text string) string { return text }
		switch {
		case strings.HasPrefix(text, "    $ "), text != "" && text[0] >= '1' && text[0] <= '9':
			paint = s.paint.bold
		case strings.HasPrefix(text, "    "):
			paint = s.paint.dim
		}
		fmt.Fprintln(s.out, paint(text))
	}
}

package greeting

import "testing"

func TestFor(t *testing.T) {
	for _, test := range []struct{ name, language, want string }{
		{"Ada", "fr", "Bonjour, Ada!"},
		{"", "xx", "Hello, world!"},
	} {
		if got := For(test.name, test.language); got != test.want {
			t.Errorf("For(%q, %q) = %q, want %q", test.name, test.language, got, test.want)
		}
	}
}

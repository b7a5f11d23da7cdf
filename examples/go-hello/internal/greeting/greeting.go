// Package greeting knows how to greet people.
package greeting

var forms = map[string]string{"de": "Hallo", "en": "Hello", "es": "Hola", "fr": "Bonjour"}

// For greets a person in a language; the world in English when either is not known.
func For(name, language string) string {
	form, known := forms[language]
	if !known {
		form = forms["en"]
	}
	if name == "" {
		name = "world"
	}
	return form + ", " + name + "!"
}

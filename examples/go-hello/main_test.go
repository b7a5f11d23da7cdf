package main

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAnswers(t *testing.T) {
	for path, want := range map[string]string{
		"/":                  "<h1>Hello, world!</h1>",
		"/hello/Ada?lang=de": "Hallo, Ada!",
		"/healthz":           `{"status": "ok"}`,
		"/nowhere":           "404 page not found",
	} {
		recorder := httptest.NewRecorder()
		routes().ServeHTTP(recorder, httptest.NewRequest("GET", path, nil))
		if got := recorder.Body.String(); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

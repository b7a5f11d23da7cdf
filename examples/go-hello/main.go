// Command hello serves greetings over HTTP.
package main

import (
	"encoding/json"
	"fmt"
	"html"
	"log"
	"net/http"
	"os"

	"example.com/hello/internal/greeting"
)

func main() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	log.Printf("listening on port %s", port)
	log.Fatal(http.ListenAndServe(":"+port, routes()))
}

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", home)
	mux.HandleFunc("/api/hello", hello)
	mux.HandleFunc("/healthz", health)
	return mux
}

func home(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	text := html.EscapeString(greeting.For(r.URL.Query().Get("name"), "en"))
	fmt.Fprintf(w, "<!doctype html>\n<title>hello</title>\n<h1>%s</h1>\n", text)
}

func hello(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	answer(w, map[string]string{"greeting": greeting.For(query.Get("name"), query.Get("lang"))})
}

func health(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]string{"status": "ok"})
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		log.Printf("answer: %v", err)
	}
}

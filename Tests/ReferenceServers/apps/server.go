// Go's net/http in several characters.
package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	mode, banner := os.Getenv("MODE"), os.Getenv("BANNER")
	handler := func(w http.ResponseWriter, r *http.Request) {
		if banner != "" {
			w.Header().Set("Server", banner)
		}
		switch mode {
		case "redirect":
			http.Redirect(w, r, "/elsewhere", 302)
		case "moved":
			http.Redirect(w, r, "https://www.example/", 301)
		case "login":
			w.Header().Set("WWW-Authenticate", "Basic")
			http.Error(w, "log in", 401)
		case "json":
			w.Header().Set("Content-Type", "application/json")
			if r.URL.Path != "/" {
				w.WriteHeader(404)
			}
			fmt.Fprint(w, `{"ok":true}`)
		case "always":
			fmt.Fprint(w, "<html><body>hello</body></html>")
		default:
			if r.URL.Path != "/" {
				if mode == "errors" {
					w.WriteHeader(404)
					fmt.Fprint(w, "<h1>Oh no</h1>")
				} else {
					http.NotFound(w, r)
				}
				return
			}
			fmt.Fprint(w, "<html><body>hello</body></html>")
		}
	}
	if mode == "files" {
		files := http.FileServer(http.Dir(os.Args[2]))
		handler = func(w http.ResponseWriter, r *http.Request) {
			if banner != "" {
				w.Header().Set("Server", banner)
			}
			files.ServeHTTP(w, r)
		}
	}
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], http.HandlerFunc(handler)))
}

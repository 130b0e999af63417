// Serves a folder over TLS.
package main

import (
	"net/http"
	"os"
)

func main() {
	address := "127.0.0.1:" + os.Args[1]
	err := http.ListenAndServeTLS(address, os.Args[3], os.Args[4], http.FileServer(http.Dir(os.Args[2])))
	println(err.Error())
}

#lang racket/base
; The web server of Racket: port and root; MODE chooses the behavior.
(require web-server/servlet web-server/servlet-env)
(define mode (or (getenv "MODE") "hello"))
(define arguments (current-command-line-arguments))
(define root (vector-ref arguments 1))
(define (answer status reason headers type body)
  (response/full status reason (current-seconds) type headers (list body)))
(define (start request)
  (define at-root (equal? (url-path-text request) "/"))
  (define html #"text/html")
  (cond
    [(equal? mode "redirect") (redirect-to "/elsewhere")]
    [(equal? mode "moved") (redirect-to "https://www.example/" permanently)]
    [(equal? mode "login") (answer 401 #"Unauthorized" (list (make-header #"WWW-Authenticate" #"Basic")) #"text/plain" #"log in")]
    [(equal? mode "json")
     (if at-root (answer 200 #"OK" '() #"application/json" #"{}") (answer 404 #"Not Found" '() #"application/json" #"{\"error\":1}"))]
    [(and (equal? mode "errors") (not at-root)) (answer 404 #"Not Found" '() html #"<h1>Oh no</h1>")]
    [else (response/xexpr '(html (body "hello")))]))
(define (url-path-text request)
  (bytes->string/utf-8 (regexp-replace #rx"[?].*" (string->bytes/utf-8 (url->string (request-uri request))) #"")))
(require net/url)
(serve/servlet
 start #:port (string->number (vector-ref arguments 0)) #:listen-ip "127.0.0.1" #:command-line? #t #:banner? #f
 #:servlet-path "/" #:servlet-regexp (if (member mode '("hello" "files")) #rx"^/servlet$" #rx"") #:extra-files-paths (list root))

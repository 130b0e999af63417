% The HTTP server of SWI-Prolog: port; MODE chooses the behavior.
:- use_module(library(http/thread_httpd)).
:- use_module(library(http/http_dispatch)).
:- use_module(library(http/http_json)).
:- use_module(library(http/http_files)).

main :-
    current_prolog_flag(argv, [Text, Root | _]),
    atom_number(Text, Port),
    ( getenv('MODE', Mode) -> true ; Mode = hello ),
    handlers(Mode, Root),
    http_server(http_dispatch, [port('127.0.0.1':Port), workers(2)]),
    thread_get_message(stop).

handlers(files, Root) :- http_handler(root(.), http_reply_from_files(Root, []), [prefix]).
handlers(redirect, _) :- http_handler(root(.), http_redirect(see_other, '/elsewhere'), [prefix]).
handlers(moved, _) :- http_handler(root(.), http_redirect(moved, 'https://www.example/'), [prefix]).
handlers(login, _) :- http_handler(root(.), login, [prefix]).
handlers(json, _) :- http_handler(root(.), json, []).
handlers(always, _) :- http_handler(root(.), hello, [prefix]).
handlers(hello, _) :- http_handler(root(.), hello, []).

hello(_) :- format('Content-type: text/html~n~n<html><body>hello</body></html>').
json(_) :- reply_json(json([ok= @(true)])).
login(_) :- format('Status: 401~nWWW-Authenticate: Basic~nContent-type: text/plain~n~nlog in').

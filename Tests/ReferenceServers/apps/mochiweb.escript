#!/usr/bin/env escript
%% MochiWeb: port and root; MODE chooses the behavior.
main([Port, Root]) ->
    Mode = os:getenv("MODE", "hello"),
    {ok, _} = mochiweb_http:start([{ip, "127.0.0.1"}, {port, list_to_integer(Port)}, {name, zoo}, {loop, fun(Request) -> answer(Mode, Root, Request) end}]),
    receive stop -> ok end.
answer(Mode, Root, Request) ->
    Path = mochiweb_request:get(path, Request),
    Html = [{"Content-Type", "text/html"}],
    Json = [{"Content-Type", "application/json"}],
    Answer = case {Mode, Path} of
        {"redirect", _} -> {302, [{"Location", "/elsewhere"}], ""};
        {"moved", _} -> {301, [{"Location", "https://www.example/"}], "moved"};
        {"login", _} -> {401, [{"WWW-Authenticate", "Basic"}], "log in"};
        {"json", "/"} -> {200, Json, "{}"};
        {"json", _} -> {404, Json, "{\"error\":1}"};
        {"always", _} -> {200, Html, "<html>hello</html>"};
        {"errors", "/"} -> {200, Html, "<html>hello</html>"};
        {"errors", _} -> {404, Html, "<h1>Oh no</h1>"};
        {_, "/" ++ Rest} -> {file, Rest};
        _ -> {404, Html, "nothing"}
    end,
    case Answer of
        {file, Name} -> mochiweb_request:serve_file(Name, Root, Request);
        _ -> mochiweb_request:respond(Answer, Request)
    end.

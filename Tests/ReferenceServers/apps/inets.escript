#!/usr/bin/env escript
%% The httpd of Erlang's inets: port, root, and options as terms.
main([Port, Root | Words]) ->
    Options = lists:append([begin {ok, Tokens, _} = erl_scan:string(Word ++ "."), {ok, Term} = erl_parse:parse_term(Tokens), [Term] end || Word <- Words]),
    {ok, _} = application:ensure_all_started(inets),
    {ok, _} = inets:start(httpd, [
        {port, list_to_integer(Port)}, {bind_address, {127, 0, 0, 1}}, {ipfamily, inet}, {server_name, "localhost"},
        {server_root, Root}, {document_root, Root} | Options]),
    receive stop -> ok end.

#!/usr/bin/env escript
%% Cowboy: port and root; MODE chooses the behavior.
-export([init/2]).
main([Port, Root]) ->
    {ok, _} = application:ensure_all_started(cowboy),
    {module, _} = code:ensure_loaded(cowboy_static),
    Mode = os:getenv("MODE", "hello"),
    Routes = case Mode of
        "hello" -> [{"/", cowboy_static, {file, Root ++ "/index.html"}}];
        "files" -> [{"/[...]", cowboy_static, {dir, Root}}];
        "none" -> []
    end,
    Dispatch = cowboy_router:compile([{'_', Routes}]),
    {ok, _} = cowboy:start_clear(http, [{ip, {127, 0, 0, 1}}, {port, list_to_integer(Port)}], #{env => #{dispatch => Dispatch}}),
    receive stop -> ok end.
init(Request, State) -> {ok, Request, State}.

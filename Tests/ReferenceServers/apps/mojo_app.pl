# Mojolicious; MODE chooses the behavior.
use Mojolicious::Lite -signatures;
my $mode = $ENV{MODE} || "hello";
app->log->level("fatal");
app->mode($mode eq "debug" ? "development" : "production");
hook after_dispatch => sub ($c) { $c->res->headers->server($ENV{BANNER}) } if $ENV{BANNER};
my %answers = (
    redirect => sub ($c) { $c->redirect_to("/elsewhere") },
    moved => sub ($c) { $c->res->code(301); $c->redirect_to("https://www.example/") },
    login => sub ($c) { $c->res->headers->www_authenticate("Basic"); $c->render(text => "log in", status => 401) },
    always => sub ($c) { $c->render(text => "<html><body>hello</body></html>") },
);
if ($answers{$mode}) { any "/*rest" => { rest => "" } => $answers{$mode} }
else { get "/" => sub ($c) { $mode eq "json" ? $c->render(json => { ok => 1 }) : $c->render(text => "<html><body>hello</body></html>") } }
any "/*rest" => sub ($c) {
    $mode eq "json" ? $c->render(json => { error => "no such thing" }, status => 404) : $c->render(text => "<h1>Oh no</h1>", status => 404);
} if $mode eq "json" || $mode eq "errors";
app->start;

# A PSGI application; MODE chooses the behavior.
use strict;
my $mode = $ENV{MODE} || "hello";
my @named = $ENV{BANNER} ? (Server => $ENV{BANNER}) : ();
my %answers = (
    redirect => [302, [Location => "/elsewhere"], ""],
    moved => [301, [Location => "https://www.example/", "Content-Type" => "text/html"], "<p>moved</p>"],
    login => [401, ["WWW-Authenticate" => "Basic", "Content-Type" => "text/plain"], "log in"],
    json => [200, ["Content-Type" => "application/json"], '{"ok":true}'],
);
sub {
    my $env = shift;
    my ($status, $headers, $body) = @{$answers{$mode} || [200, ["Content-Type" => "text/html"], "<html><body>hello</body></html>"]};
    if ($env->{PATH_INFO} ne "/" && $mode =~ /^(hello|errors|json)$/) {
        $status = 404;
        $body = $mode eq "json" ? '{"error":"no such thing"}' : $mode eq "errors" ? "<h1>Oh no</h1>" : "<h1>Nothing is here</h1>";
    }
    [$status, [@$headers, "Content-Length" => length $body, @named], [$env->{REQUEST_METHOD} eq "HEAD" ? "" : $body]];
};

# AnyEvent::HTTPD; MODE chooses the behavior.
use strict;
use AnyEvent::HTTPD;
my $mode = $ENV{MODE} || "hello";
my $server = AnyEvent::HTTPD->new(host => "127.0.0.1", port => $ARGV[0], allowed_methods => [qw(GET HEAD POST DELETE)]);
my %answers = (
    redirect => sub { { redirect => "/elsewhere" } },
    moved => sub { [301, "moved", { Location => "https://www.example/" }, "<p>moved</p>"] },
    login => sub { [401, "unauthorized", { "WWW-Authenticate" => "Basic" }, "log in"] },
    json => sub { $_[0] ? { content => ["application/json", '{"ok":true}'] } : [404, "not found", { "Content-Type" => "application/json" }, "{}"] },
    errors => sub { $_[0] ? { content => ["text/html", "hello"] } : [404, "not found", { "Content-Type" => "text/html" }, "<h1>Oh no</h1>"] },
    always => sub { { content => ["text/html", "<html><body>hello</body></html>"] } },
);
$server->reg_cb(request => sub {
    my ($httpd, $request) = @_;
    my $root = $request->url->path eq "/";
    return $root ? $request->respond({ content => ["text/html", "hello"] }) : undef if $mode eq "hello";
    $request->respond($answers{$mode}->($root));
    $httpd->stop_request;
});
$server->run;

# HTTP::Daemon; MODE chooses the behavior.
use strict;
use HTTP::Daemon;
use HTTP::Response;
use HTTP::Status;
$SIG{CHLD} = "IGNORE";
my ($port, $root) = @ARGV;
my $mode = $ENV{MODE} || "hello";
my $server = HTTP::Daemon->new(LocalAddr => "127.0.0.1", LocalPort => $port, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
    next if fork;
    while (my $request = $client->get_request) {
        my $path = $request->uri->path;
        my @type = ("Content-Type" => $mode eq "json" ? "application/json" : "text/html");
        if ($mode eq "redirect") { $client->send_redirect("/elsewhere", 302) }
        elsif ($mode eq "moved") { $client->send_redirect("https://www.example/", 301) }
        elsif ($mode eq "basic") { $client->send_basic_header; print $client "Content-Type: text/html\r\n\r\nhello"; $client->force_last_request }
        elsif ($mode eq "login") { $client->send_response(HTTP::Response->new(401, undef, ["WWW-Authenticate" => "Basic"], "log in")) }
        elsif ($mode eq "files") { $path eq "/" ? $client->send_file_response("$root/index.html") : $client->send_file_response("$root$path") }
        elsif ($path ne "/" && $mode ne "always") {
            if ($mode eq "hello") { $client->send_error(RC_NOT_FOUND) }
            else { $client->send_response(HTTP::Response->new(404, undef, \@type, $mode eq "json" ? '{"error":"no such thing"}' : "<h1>Oh no</h1>")) }
        }
        elsif ($mode eq "hello" && $request->method !~ /^(GET|HEAD)$/) { $client->send_error(RC_FORBIDDEN) }
        else { $client->send_response(HTTP::Response->new(200, undef, \@type, $mode eq "json" ? '{"ok":true}' : "<html><body>hello</body></html>")) }
    }
    $client->close;
    exit;
}

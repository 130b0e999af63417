<?php
// PHP's own server in several characters.
$mode = getenv("MODE") ?: "hello";
$banner = getenv("BANNER");
if ($banner === "-") header_remove("X-Powered-By");
elseif ($banner) header("Server: $banner");
$path = parse_url($_SERVER["REQUEST_URI"], PHP_URL_PATH);
if ($mode === "redirect") { header("Location: /elsewhere", true, 302); return true; }
if ($mode === "moved") { header("Location: https://www.example/", true, 301); echo "<p>moved</p>"; return true; }
if ($mode === "login") { header("WWW-Authenticate: Basic", true, 401); echo "log in"; return true; }
if ($mode === "json") {
    header("Content-Type: application/json", true, $path === "/" ? 200 : 404);
    echo $path === "/" ? '{"ok":true}' : '{"error":"no such thing"}';
    return true;
}
if ($mode === "hello" && $path !== "/") { http_response_code(404); echo "<h1>Nothing is here</h1>"; return true; }
if ($mode === "errors" && $path !== "/") { http_response_code(404); echo "<p>Oh no</p>"; return true; }
echo "<html><body>hello</body></html>";

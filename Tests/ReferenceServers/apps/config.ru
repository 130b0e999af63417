# A Rack application in several characters.
mode = ENV["MODE"] || "hello"
run lambda { |env|
  path = env["PATH_INFO"]
  headers = { "content-type" => "text/html" }
  headers["server"] = ENV["BANNER"] if ENV["BANNER"]
  case mode
  when "redirect" then [302, headers.merge("location" => "/elsewhere"), []]
  when "moved" then [301, headers.merge("location" => "https://www.example/"), ["<p>moved</p>"]]
  when "login" then [401, headers.merge("www-authenticate" => "Basic"), ["log in"]]
  when "json"
    [path == "/" ? 200 : 404, headers.merge("content-type" => "application/json"), ['{"ok":true}']]
  when "always" then [200, headers, ["<html><body>hello</body></html>"]]
  else
    next [404, headers, [mode == "errors" ? "<h1>Oh no</h1>" : "<h1>Nothing is here</h1>"]] unless path == "/"
    [200, headers, ["<html><body>hello</body></html>"]]
  end
}

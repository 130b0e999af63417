# WEBrick in several characters.
require "webrick"
mode = ENV["MODE"] || "hello"
options = { Port: ARGV[0].to_i, BindAddress: "127.0.0.1", AccessLog: [], Logger: WEBrick::Log.new(File::NULL) }
options[:ServerSoftware] = ENV["HIDE"] if ENV["HIDE"]
options[:DocumentRoot] = ARGV[1] if mode == "files"
server = WEBrick::HTTPServer.new(options)
unless mode == "files"
  server.mount_proc "/" do |request, response|
    response["Server"] = ENV["BANNER"] if ENV["BANNER"]
    response.content_type = "text/html"
    response.body = "<html><body>hello</body></html>"
    case mode
    when "redirect"
      response.status = 302
      response["Location"] = "/elsewhere"
    when "moved"
      response.status = 301
      response["Location"] = "https://www.example/"
    when "login"
      response.status = 401
      response["WWW-Authenticate"] = "Basic"
    when "json"
      response.content_type = "application/json"
      response.status = 404 unless request.path == "/"
      response.body = '{"ok":true}'
    when "hello"
      raise WEBrick::HTTPStatus::NotFound, "nothing is here" unless request.path == "/"
    when "errors"
      response.status = 404 unless request.path == "/"
      response.body = "<h1>Oh no</h1>" unless request.path == "/"
    end
  end
end
trap("TERM") { server.shutdown }
server.start

// Node's own server in several characters.
const http = require("http");
const mode = process.env.MODE || "hello";
const banner = process.env.BANNER;

http.createServer((request, response) => {
  if (banner) response.setHeader("Server", banner);
  const path = request.url;
  if (mode === "redirect") {
    response.writeHead(302, { Location: "/elsewhere" });
    return response.end();
  }
  if (mode === "moved") {
    response.writeHead(301, { Location: "https://www.example/", "Content-Type": "text/html" });
    return response.end("<p>moved</p>");
  }
  if (mode === "login") {
    response.writeHead(401, { "WWW-Authenticate": "Basic", "Content-Type": "text/plain" });
    return response.end("log in");
  }
  if (mode === "json") {
    response.setHeader("Content-Type", "application/json");
    if (path !== "/") response.statusCode = 404;
    return response.end(path === "/" ? '{"ok":true}' : '{"error":"no such thing"}');
  }
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  if (mode !== "always" && path !== "/") {
    response.statusCode = 404;
    return response.end(mode === "errors" ? "<h1>Oh no</h1>" : "<html><body><h1>Nothing is here</h1></body></html>");
  }
  if (mode !== "always" && request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { Allow: "GET, HEAD" });
    return response.end();
  }
  response.end("<html><body>hello</body></html>");
}).listen(Number(process.argv[2]), "127.0.0.1");

// Deno's own server; MODE chooses the behavior.
const mode = Deno.env.get("MODE") ?? "hello";
const html = { "content-type": "text/html" };
const named: Record<string, string> = Deno.env.get("BANNER") ? { server: Deno.env.get("BANNER")! } : {};

function answer(request: Request): Response {
  const path = new URL(request.url).pathname;
  const reply = (status: number, body: string, headers: Record<string, string> = html) =>
    new Response(body, { status, headers: { ...headers, ...named } });
  if (mode === "redirect") return reply(302, "", { location: "/elsewhere" });
  if (mode === "moved") return reply(301, "<p>moved</p>", { ...html, location: "https://www.example/" });
  if (mode === "login") return reply(401, "log in", { "www-authenticate": "Basic" });
  if (mode === "json") {
    const type = { "content-type": "application/json" };
    return path === "/" ? reply(200, '{"ok":true}', type) : reply(404, '{"error":"no such thing"}', type);
  }
  if (mode === "throws") throw new Error("oh no");
  if (mode !== "always" && path !== "/") return reply(404, mode === "errors" ? "<h1>Oh no</h1>" : "<h1>Nothing is here</h1>");
  return reply(200, "<html><body>hello</body></html>");
}

Deno.serve({ hostname: "127.0.0.1", port: Number(Deno.args[0]), onListen() {} }, answer);

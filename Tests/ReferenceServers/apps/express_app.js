// Express; MODE chooses the behavior.
const express = require("express");
const mode = process.env.MODE || "hello";
const app = express();
if (mode === "redirect") app.all(/.*/, (request, response) => response.redirect("/elsewhere"));
else if (mode === "moved") app.all(/.*/, (request, response) => response.redirect(301, "https://www.example/"));
else if (mode === "login") app.all(/.*/, (request, response) => response.set("WWW-Authenticate", "Basic").status(401).send("log in"));
else if (mode === "files") app.use(express.static(process.argv[3]));
else app.get("/", (request, response) => (mode === "json" ? response.json({ ok: true }) : response.send("<html><body>hello</body></html>")));
if (mode === "json") app.use((request, response) => response.status(404).json({ error: "no such thing" }));
app.listen(Number(process.argv[2]), "127.0.0.1");

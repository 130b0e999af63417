// Serves one page over TLS, with HTTP/2 if asked: secure_node.js PORT CERTIFICATE KEY [h2]
const fs = require("fs")
const [port, cert, key, h2] = process.argv.slice(2)
const options = { cert: fs.readFileSync(cert), key: fs.readFileSync(key), allowHTTP1: true }
const answer = (request, response) => response.end("hello\n")
const server = h2 ? require("http2").createSecureServer(options, answer) : require("https").createServer(options, answer)
server.listen(Number(port), "127.0.0.1")

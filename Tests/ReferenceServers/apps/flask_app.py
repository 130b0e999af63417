"""A Flask application; MODE chooses the behavior."""

import os

from flask import Flask, jsonify

MODE = os.environ.get("MODE", "hello")
app = Flask(__name__)


@app.route("/")
def page():
    if MODE == "login":
        return "log in", 401, {"WWW-Authenticate": "Basic"}
    return jsonify(ok=True) if MODE == "json" else "<html><body>hello</body></html>"


if MODE == "login":
    app.register_error_handler(404, lambda error: page())
if MODE == "json":
    app.register_error_handler(404, lambda error: (jsonify(error="no such thing"), 404))

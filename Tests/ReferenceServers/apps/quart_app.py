"""A Quart application; MODE chooses the behavior."""

import os

from quart import Quart, jsonify

MODE = os.environ.get("MODE", "hello")
app = Quart(__name__)


@app.route("/")
async def page():
    if MODE == "login":
        return "log in", 401, {"WWW-Authenticate": "Basic"}
    return jsonify(ok=True) if MODE == "json" else "<html><body>hello</body></html>"


async def missing(error):
    if MODE == "login":
        return await page()
    return jsonify(error="no such thing"), 404


if MODE != "hello":
    app.register_error_handler(404, missing)

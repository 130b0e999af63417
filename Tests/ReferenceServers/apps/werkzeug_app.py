"""Werkzeug's development server before the WSGI application."""

import os
import sys

from werkzeug.serving import WSGIRequestHandler, run_simple
from wsgi_app import app


class Handler(WSGIRequestHandler):
    def log(self, *words):
        pass

    if os.environ.get("HIDE"):

        def version_string(self):
            return os.environ["HIDE"]


run_simple("127.0.0.1", int(sys.argv[1]), app, request_handler=Handler, threaded=True)

"""Waitress before the WSGI application."""

import os
import sys

from waitress import serve
from wsgi_app import app

options = {} if "HIDE" not in os.environ else {"ident": os.environ["HIDE"] or None}
serve(app, host="127.0.0.1", port=int(sys.argv[1]), **options)

"""Cheroot before the WSGI application."""

import os
import sys

from cheroot import wsgi
from wsgi_app import app

server = wsgi.Server(("127.0.0.1", int(sys.argv[1])), app, server_name=os.environ.get("HIDE") or None)
try:
    server.start()
except KeyboardInterrupt:
    server.stop()

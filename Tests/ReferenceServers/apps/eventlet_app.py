"""eventlet's wsgi before the WSGI application."""

import os
import sys

import eventlet
from eventlet import wsgi
from wsgi_app import app

wsgi.server(eventlet.listen(("127.0.0.1", int(sys.argv[1]))), app, log_output=False, keepalive=not os.environ.get("PLAIN"))

"""gevent's pywsgi before the WSGI application."""

import sys

from gevent.pywsgi import WSGIServer
from wsgi_app import app

WSGIServer(("127.0.0.1", int(sys.argv[1])), app, log=None, error_log=None).serve_forever()

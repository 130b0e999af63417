"""Starts the WSGI application in the server that the second argument names."""

import sys

from wsgi_app import app

port, name = int(sys.argv[1]), sys.argv[2]
if name == "bjoern":
    import bjoern

    bjoern.run(app, "127.0.0.1", port)
elif name == "fastwsgi":
    import fastwsgi

    fastwsgi.run(wsgi_app=app, host="127.0.0.1", port=port)
elif name == "rocket3":
    from rocket3 import Rocket3

    Rocket3(("127.0.0.1", port), "wsgi", {"wsgi_app": app}).start()
elif name == "wsgiref":
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    class Handler(WSGIRequestHandler):
        def log_message(self, *words):
            pass

    make_server("127.0.0.1", port, app, handler_class=Handler).serve_forever()

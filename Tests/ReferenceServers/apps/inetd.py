"""Starts a program for each connection, as inetd does: port, program, words."""

import socket
import subprocess
import sys

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=16)
while True:
    connection, _ = listener.accept()
    # The program ends with its connection; the next one need not wait for that.
    subprocess.Popen(sys.argv[2:], stdin=connection, stdout=connection, stderr=subprocess.DEVNULL)
    connection.close()

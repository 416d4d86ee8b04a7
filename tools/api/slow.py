"""Sends a body that never ends: after 20 seconds the portal stops waiting for it, and says so."""

import socket
import sys
import time

connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60)
connection.sendall(
    b"POST /api/password-links HTTP/1.1\r\nhost: portal\r\nconnection: close\r\n"
    b'content-type: application/json\r\ncontent-length: 100\r\n\r\n{"identifier":'
)
begun = time.monotonic()
answer = connection.recv(65536)
took = time.monotonic() - begun
head, _, body = answer.partition(b"\r\n\r\n")
if not head.startswith(b"HTTP/1.1 408 ") or b'"too-slow"' not in body:
    sys.exit(f"a body that never ends is answered with {answer!r}")
if not 19 < took < 35:
    sys.exit(f"a body that never ends is waited for {took:.0f} s")
print(f"a body that never ends is given up after {took:.0f} s")

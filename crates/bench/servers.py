"""The servers that are compared, the endpoint with their keys, and the load; all on 127.0.0.1."""

import json
import os
import pathlib
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = pathlib.Path(__file__).resolve().parent
# The server has one core for itself, and everything else the other.
SERVER_CORE, LOADER_CORE = "0", "1"


class KeyEndpoint:
    """Answers with the pool's keys, or does one of the things that endpoints do."""

    def __init__(self, jwks):
        endpoint = self
        self.mode, self.fetches, self.ended = "good", 0, threading.Event()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                endpoint.fetches += 1
                mode, status, body = endpoint.mode, 200, jwks
                if mode == "slow":
                    endpoint.ended.wait(2)
                elif mode == "hanging":
                    endpoint.ended.wait(60)
                elif mode == "failing":
                    status, body = 500, b"{}"
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # Whoever asked has gone.

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks.json"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.ended.set()
        self.server.shutdown()


class Server:
    """A running server, pinned to its core."""

    def __init__(self, name, command, environment):
        self.name = name
        environment = {**os.environ, **environment, "NO_PROXY": "127.0.0.1"}
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, *command, "serve"],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )
        self.port = int(self.process.stdout.readline())

    def cpu_ns(self):
        total = 0
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except FileNotFoundError:
                pass
        return total

    def load(self, tokens, seconds, connections=32):
        """Asks as fast as the server answers; returns what the loader saw, and the server's nanoseconds for each request."""
        before = self.cpu_ns()
        output = subprocess.run(
            ["taskset", "-c", LOADER_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
             "--timeout", "10s", "-s", HERE / "load.lua", f"http://127.0.0.1:{self.port}/", "--", tokens],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=seconds + 30,
        ).stdout
        spent = self.cpu_ns() - before
        line = next(line for line in output.splitlines() if line.startswith("RESULT "))
        result = json.loads(line.removeprefix("RESULT "))
        if result["failed"] or not result["requests"]:
            raise RuntimeError(f"{self.name} failed: {result}")
        return {**result, "cpu_ns": spent / result["requests"]}

    def close(self):
        self.process.terminate()
        self.process.wait(10)


def close_all(servers):
    for server in servers:
        server.close()


def settle():
    """Lets what was started come to rest."""
    time.sleep(0.5)

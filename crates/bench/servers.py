"""The servers that are compared, the endpoint with their keys, and the load; all on 127.0.0.1."""

import dataclasses
import json
import os
import pathlib
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = pathlib.Path(__file__).resolve().parent
# The server has one core to itself; everything else runs on the other.
SERVER_CORE, LOADER_CORE = "0", "1"


@dataclasses.dataclass
class Candidate:
    """A server that can be started."""

    name: str
    command: list
    # A folder with the tokens that it accepts.
    tokens: pathlib.Path
    environment: dict = dataclasses.field(default_factory=dict)
    # Whether it accepts every request.
    is_open: bool = False


class KeyEndpoint:
    """Answers with the pool's keys, or misbehaves as endpoints do."""

    def __init__(self, jwks):
        endpoint = self
        self.mode, self.fetches, self.ended = "good", 0, threading.Event()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self):
                try:
                    super().handle()
                except ConnectionError:
                    pass  # The client has gone.

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
                    pass  # The client has gone.

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

    def __init__(self, candidate, endpoint):
        self.name, self.candidate, self.endpoint = candidate.name, candidate, endpoint
        environment = {**os.environ, **candidate.environment, "JWKS_URL": endpoint.url, "NO_PROXY": "127.0.0.1"}
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, *candidate.command, "serve"],
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

    def load(self, load, seconds, connections=32):
        """Sends requests as fast as the server answers. Returns what the loader measured, and the server's CPU nanoseconds per
        request. A server that answers wrongly is not measured."""
        before, fetches = self.cpu_ns(), self.endpoint.fetches
        output = subprocess.run(
            ["taskset", "-c", LOADER_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s",
             "-s", HERE / "load.lua", f"http://127.0.0.1:{self.port}/", "--", self.candidate.tokens / load],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=seconds + 30,
        ).stdout
        spent = self.cpu_ns() - before
        line = next(line for line in output.splitlines() if line.startswith("RESULT "))
        result = json.loads(line.removeprefix("RESULT "))
        if result["failed"] or not result["requests"]:
            raise RuntimeError(f"{self.name} failed: {result}")
        accepts = self.candidate.is_open or load in ("hot", "distinct")
        if result["refused"] != (0 if accepts else result["requests"]):
            raise RuntimeError(f"{self.name} with {load}: {result['refused']} of {result['requests']} requests were refused")
        return {**result, "cpu_ns": round(spent / result["requests"]), "fetches": self.endpoint.fetches - fetches}

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()


class Running:
    """Starts servers, each with an endpoint of its own, and stops all of them at the end."""

    def __init__(self, candidates, jwks):
        self.candidates, self.jwks, self.servers = candidates, jwks, []

    def __enter__(self):
        try:
            for candidate in self.candidates:
                self.servers.append(Server(candidate, KeyEndpoint(self.jwks)))
        except BaseException:
            self.__exit__()
            raise
        # Let what was started come to rest.
        time.sleep(0.5)
        return self.servers

    def __exit__(self, *_):
        for server in self.servers:
            server.close()
            server.endpoint.close()

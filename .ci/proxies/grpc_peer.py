"""A gRPC service and client of another project, grpcio, for the tests of proxies in front of gRPC.

    grpc_peer.py serve            prints `READY PORT`, and a line for each call that reaches the service
    grpc_peer.py call PORT        reads calls from standard input, one JSON object a line, and prints what the client sees of each
"""

import json
import sys
from concurrent import futures

import grpc


class Service(grpc.GenericRpcHandler):
    """Answers each method with the bytes that it got."""

    def service(self, details):
        metadata = {key.lower(): value for key, value in details.invocation_metadata}
        subject = next((value for key, value in metadata.items() if key == "x-cognito-subject"), "")
        print(json.dumps({"method": details.method, "subject": subject, "tag": metadata.get("x-test", "")}), flush=True)
        return grpc.unary_unary_rpc_method_handler(lambda message, _context: message)


def serve():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    server.add_generic_rpc_handlers((Service(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"READY {port}", flush=True)
    server.wait_for_termination()


def call(port):
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        for line in sys.stdin:
            asked = json.loads(line)
            metadata = [(name, value) for name, value in asked["metadata"]]
            method = channel.unary_unary(asked["method"])
            try:
                message = method(b"\x08\x01", metadata=metadata, timeout=10)
                seen = {"code": "OK", "details": "", "is_whole": message == b"\x08\x01"}
            except grpc.RpcError as error:
                trailing = {key: value for key, value in error.trailing_metadata() or ()}
                seen = {
                    "code": error.code().name,
                    "details": error.details(),
                    "challenge": trailing.get("www-authenticate", ""),
                    "retry": trailing.get("retry-after", ""),
                }
            print(json.dumps(seen), flush=True)


if sys.argv[1] == "serve":
    serve()
else:
    call(int(sys.argv[2]))

"""A gRPC client of another project, grpcio, against the example `grpc`: calls, a stream and reflection, and how it reads refusals.

Messages are written by hand, as they have one field each: a client made from `orders.proto` would send the same bytes.
"""

import importlib.metadata
import os

import grpc

API = os.environ["GRPC_API"]
READ, WRITE, ID, EXPIRED = (os.environ[f"GRPC_{name}"] for name in ("READ", "WRITE", "ID", "EXPIRED"))

FIRST_ORDER = b"\x08\x01"  # GetRequest { id: 1 }
JAM = b"\x0a\x03jam"  # CreateRequest { item: "jam" }
TWO_ORDERS = b"\x08\x02"  # WatchRequest { most: 2 }
LIST_SERVICES = b"\x3a\x00"  # ServerReflectionRequest { list_services: "" }


def metadata(token):
    return [("authorization", f"Bearer {token}")] if token else []


def call(channel, method, message, token):
    return channel.unary_unary(f"/orders.v1.Orders/{method}")(message, metadata=metadata(token), timeout=10)


def refused(channel, method, message, token):
    try:
        call(channel, method, message, token)
    except grpc.RpcError as error:
        return error
    raise SystemExit(f"{method} was let in")


with grpc.insecure_channel(API, options=[("grpc.enable_http_proxy", 0)]) as channel:
    assert b"tea" in call(channel, "Get", FIRST_ORDER, READ)
    assert b"jam" in call(channel, "Create", JAM, WRITE)
    watch = channel.unary_stream("/orders.v1.Orders/Watch")
    assert len(list(watch(TWO_ORDERS, metadata=metadata(READ), timeout=10))) == 2
    reflection = channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
    assert b"orders.v1.Orders" in next(reflection(iter([LIST_SERVICES]), timeout=10))

    for method, message, token, code, details in (
        ("Get", FIRST_ORDER, None, grpc.StatusCode.UNAUTHENTICATED, "the call needs an access token"),
        ("Get", FIRST_ORDER, ID, grpc.StatusCode.UNAUTHENTICATED, "the token is not for this use"),
        ("Get", FIRST_ORDER, EXPIRED, grpc.StatusCode.UNAUTHENTICATED, "the token has expired"),
        ("Create", JAM, READ, grpc.StatusCode.PERMISSION_DENIED, "the token does not permit this call"),
        ("Delete", FIRST_ORDER, READ, grpc.StatusCode.UNIMPLEMENTED, "there is no such method"),
    ):
        error = refused(channel, method, message, token)
        assert (error.code(), error.details()) == (code, details), (method, error)
    challenge = dict(refused(channel, "Get", FIRST_ORDER, None).trailing_metadata())["www-authenticate"]
    assert challenge == 'Bearer scope="orders/read"', challenge
    try:
        list(watch(TWO_ORDERS, metadata=metadata(WRITE), timeout=10))
        raise SystemExit("Watch was let in")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.PERMISSION_DENIED, error

print(f"grpcio {importlib.metadata.version('grpcio')}: calls, a stream, reflection, and every refusal by its own status")

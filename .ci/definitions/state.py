"""Writes state files of the orders API, as Terraform, OpenTofu and Pulumi have them.

The tools themselves cannot be installed from package registries. The files follow their documentation ("JSON Output Format" of
Terraform, "State" of Pulumi) and the schemas of the AWS provider, version 6.

    state.py FOLDER              writes show.json, raw.tfstate, plan.json and stack.json
    state.py FOLDER --filler 20  the same, with so many megabytes of other resources
"""

import argparse
import json
from pathlib import Path

POOL = "eu-west-1_Ab12Cd34E"
ARN = f"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{POOL}"
API, ROOT, AUTHORIZER = "a1b2c3d4e5", "r0root0000", "au7h0r"
# The path, and each method with its scopes; `None` is open, and an empty list takes ID tokens.
PATHS = {
    "/health": {"GET": None},
    "/orders": {"GET": ["orders/read"], "POST": ["orders/write", "orders/admin"]},
    "/orders/{id}": {"GET": ["orders/read"]},
    "/me": {"GET": []},
    "/files/{proxy+}": {"ANY": ["orders/admin"]},
}


def resources():
    """The type, the name, the key of `for_each`, the attributes, and which of them are sensitive."""
    yield "aws_cognito_user_pool", "staff", None, {
        "alias_attributes": None,
        "arn": ARN,
        "endpoint": f"cognito-idp.eu-west-1.amazonaws.com/{POOL}",
        "id": POOL,
        "name": "staff",
        "username_attributes": ["email"],
    }, []
    yield "aws_cognito_user_pool_client", "web", None, {
        "allowed_oauth_flows": ["code"],
        "allowed_oauth_scopes": ["openid", "orders/read"],
        "callback_urls": ["https://example.com/"],
        "client_secret": "hunter2",
        "explicit_auth_flows": ["ALLOW_REFRESH_TOKEN_AUTH"],
        "generate_secret": True,
        "id": "4example23456789",
        "logout_urls": [],
        "name": "web",
        "user_pool_id": POOL,
    }, ["client_secret"]
    yield "aws_cognito_resource_server", "orders", None, {
        "id": f"{POOL}|orders",
        "identifier": "orders",
        "name": "orders",
        "scope": [{"scope_description": f"To {name}", "scope_name": name} for name in ("read", "write", "admin")],
        "scope_identifiers": ["orders/read", "orders/write", "orders/admin"],
        "user_pool_id": POOL,
    }, []
    yield "aws_api_gateway_rest_api", "orders", None, {
        "api_key_source": "HEADER",
        "arn": f"arn:aws:apigateway:eu-west-1::/restapis/{API}",
        "body": None,
        "id": API,
        "name": "orders",
        "policy": "",
        "put_rest_api_mode": None,
        "root_resource_id": ROOT,
    }, []
    yield "aws_api_gateway_authorizer", "staff", None, {
        "authorizer_credentials": "",
        "authorizer_result_ttl_in_seconds": 300,
        "authorizer_uri": "",
        "id": AUTHORIZER,
        "identity_source": "method.request.header.Authorization",
        "identity_validation_expression": "",
        "name": "staff",
        "provider_arns": [ARN],
        "rest_api_id": API,
        "type": "COGNITO_USER_POOLS",
    }, []
    known = {"": ROOT}
    for path, methods in PATHS.items():
        parts = path.strip("/").split("/")
        for depth in range(1, len(parts) + 1):
            here, parent = "/".join(parts[:depth]), "/".join(parts[: depth - 1])
            if here in known:
                continue
            known[here] = f"r{len(known)}"
            yield "aws_api_gateway_resource", "paths", here, {
                "id": known[here],
                "parent_id": known[parent],
                "path": f"/{here}",
                "path_part": parts[depth - 1],
                "rest_api_id": API,
            }, []
        resource = known[path.strip("/")]
        for method, scopes in {**methods, "OPTIONS": None}.items():
            is_open = scopes is None
            key = f"{method} {path}"
            yield "aws_api_gateway_method", "routes", key, {
                "api_key_required": False,
                "authorization": "NONE" if is_open else "COGNITO_USER_POOLS",
                "authorization_scopes": None if is_open else scopes,
                "authorizer_id": None if is_open else AUTHORIZER,
                "http_method": method,
                "id": f"agm-{API}-{resource}-{method}",
                "operation_name": None,
                "request_models": {},
                "request_parameters": {},
                "request_validator_id": None,
                "resource_id": resource,
                "rest_api_id": API,
            }, []
            yield "aws_api_gateway_integration", "routes", key, {
                "http_method": method,
                "id": f"agi-{API}-{resource}-{method}",
                "resource_id": resource,
                "rest_api_id": API,
                "type": "MOCK" if method == "OPTIONS" else "AWS_PROXY",
                "uri": "",
            }, []


def filler(megabytes):
    """Resources that are not about an API, until their text has so many megabytes."""
    written, index = 0, 0
    while written < megabytes * 1_000_000:
        attributes = {
            "arn": f"arn:aws:lambda:eu-west-1:123456789012:function:filler-{index}",
            "environment": [{"variables": {f"NAME_{name}": f"value {index} of {name}" for name in range(20)}}],
            "function_name": f"filler-{index}",
            "id": f"filler-{index}",
            "tags": {"team": "filler", "index": str(index)},
        }
        written += len(json.dumps(attributes, indent=2))
        yield "aws_lambda_function", "filler", str(index), attributes, ["environment"]
        index += 1


def address(kind, name, key):
    return f"{kind}.{name}" + ("" if key is None else f"[{json.dumps(key)}]")


def shown(everything):
    """A resource as `show -json` prints it."""
    for kind, name, key, attributes, sensitive in everything:
        resource = {"address": address(kind, name, key), "mode": "managed", "type": kind, "name": name}
        if key is not None:
            resource["index"] = key
        yield {
            **resource,
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "schema_version": 0,
            "values": attributes,
            "sensitive_values": {attribute: True for attribute in sensitive},
        }


def show(everything):
    root = {"resources": list(shown(everything))}
    return {"format_version": "1.0", "terraform_version": "1.13.3", "values": {"outputs": {}, "root_module": root}}


def raw(everything):
    by_name = {}
    for kind, name, key, attributes, sensitive in everything:
        instance = {} if key is None else {"index_key": key}
        instance |= {
            "schema_version": 0,
            "attributes": attributes,
            "sensitive_attributes": [[{"type": "get_attr", "value": attribute}] for attribute in sensitive],
            "private": "bnVsbA==",
        }
        by_name.setdefault((kind, name), []).append(instance)
    resources = [
        {
            "mode": "managed",
            "type": kind,
            "name": name,
            "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
            "instances": instances,
        }
        for (kind, name), instances in by_name.items()
    ]
    return {
        "version": 4,
        "terraform_version": "1.13.3",
        "serial": 7,
        "lineage": "0d6f2f5e-0000-4000-8000-000000000000",
        "outputs": {},
        "resources": resources,
        "check_results": None,
    }


def plan(everything):
    """The plan of a change that touches none of these: everything is known."""
    resources = list(shown(everything))
    changes = [
        {
            **{key: resource[key] for key in ("address", "mode", "type", "name", "provider_name")},
            "change": {
                "actions": ["no-op"],
                "before": resource["values"],
                "after": resource["values"],
                "after_unknown": {},
                "before_sensitive": resource["sensitive_values"],
                "after_sensitive": resource["sensitive_values"],
            },
        }
        for resource in resources
    ]
    return {
        "format_version": "1.2",
        "terraform_version": "1.13.3",
        "planned_values": {"root_module": {"resources": resources}},
        "resource_changes": changes,
        "configuration": {"root_module": {}},
        "complete": True,
        "errored": False,
    }


PULUMI = {
    "aws_cognito_user_pool": "aws:cognito/userPool:UserPool",
    "aws_cognito_user_pool_client": "aws:cognito/userPoolClient:UserPoolClient",
    "aws_cognito_resource_server": "aws:cognito/resourceServer:ResourceServer",
    "aws_api_gateway_rest_api": "aws:apigateway/restApi:RestApi",
    "aws_api_gateway_resource": "aws:apigateway/resource:Resource",
    "aws_api_gateway_method": "aws:apigateway/method:Method",
    "aws_api_gateway_integration": "aws:apigateway/integration:Integration",
    "aws_api_gateway_authorizer": "aws:apigateway/authorizer:Authorizer",
    "aws_lambda_function": "aws:lambda/function:Function",
}
PULUMI_NAMES = {"rest_api_id": "restApi", "scope": "scopes"}
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "aHVudGVyMg=="}


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def stack(everything):
    """What `pulumi stack export` prints."""
    resources = []
    for kind, name, key, attributes, sensitive in everything:
        outputs = {
            PULUMI_NAMES.get(attribute, camel(attribute)): SECRET if attribute in sensitive else value
            for attribute, value in attributes.items()
        }
        if kind == "aws_cognito_resource_server":
            outputs["scopes"] = [{camel(part): text for part, text in scope.items()} for scope in outputs["scopes"]]
        urn = f"urn:pulumi:dev::orders::{PULUMI[kind]}::{name if key is None else key}"
        resources.append(
            {"urn": urn, "custom": True, "id": attributes["id"], "type": PULUMI[kind], "inputs": {}, "outputs": outputs}
        )
    manifest = {"time": "2026-10-01T12:00:00Z", "magic": "", "version": "v3.200.0"}
    return {"version": 3, "deployment": {"manifest": manifest, "resources": resources, "pending_operations": []}}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--filler", type=int, default=0, metavar="MEGABYTES")
    given = arguments.parse_args()
    everything = [*filler(given.filler), *resources()]
    for name, make in {"show.json": show, "raw.tfstate": raw, "plan.json": plan, "stack.json": stack}.items():
        (given.folder / name).write_text(json.dumps(make(everything), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

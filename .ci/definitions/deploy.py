"""Deploys the orders API with boto3, as in the console, and prints its id: `deploy.py URL`. URL is an emulator of AWS."""

import sys

import boto3
from botocore.config import Config
from state import PATHS

keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "eu-west-1"}
config = Config(retries={"max_attempts": 0}, proxies={})
cognito = boto3.client("cognito-idp", endpoint_url=sys.argv[1], config=config, **keys)
gateway = boto3.client("apigateway", endpoint_url=sys.argv[1], config=config, **keys)

pool = cognito.create_user_pool(PoolName="staff")["UserPool"]
cognito.create_user_pool_client(UserPoolId=pool["Id"], ClientName="web", GenerateSecret=True)
scopes = [{"ScopeName": name, "ScopeDescription": f"To {name}"} for name in ("read", "write", "admin")]
cognito.create_resource_server(UserPoolId=pool["Id"], Identifier="orders", Name="orders", Scopes=scopes)

api = gateway.create_rest_api(name="orders")["id"]
authorizer = gateway.create_authorizer(
    restApiId=api,
    name="staff",
    type="COGNITO_USER_POOLS",
    providerARNs=[pool["Arn"]],
    identitySource="method.request.header.Authorization",
    authorizerResultTtlInSeconds=300,
)["id"]
made = {"": next(item["id"] for item in gateway.get_resources(restApiId=api)["items"] if item["path"] == "/")}
for path, methods in PATHS.items():
    parts = path.strip("/").split("/")
    for depth in range(1, len(parts) + 1):
        here, parent = "/".join(parts[:depth]), "/".join(parts[: depth - 1])
        if here not in made:
            created = gateway.create_resource(restApiId=api, parentId=made[parent], pathPart=parts[depth - 1])
            made[here] = created["id"]
    place = {"restApiId": api, "resourceId": made[path.strip("/")]}
    for method, required in {**methods, "OPTIONS": None}.items():
        rule = {"authorizationType": "NONE"}
        if required is not None:
            rule = {"authorizationType": "COGNITO_USER_POOLS", "authorizerId": authorizer, "authorizationScopes": required}
        gateway.put_method(**place, httpMethod=method, apiKeyRequired=False, **rule)
        gateway.put_integration(**place, httpMethod=method, type="MOCK")
gateway.create_deployment(restApiId=api, stageName="live")
print(api, pool["Id"])

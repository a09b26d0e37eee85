"""Signs in to a local pool by SRP with pycognito, which has its own implementation of it.

Reads POOL_URL, POOL_ID, CLIENT_ID, and POOL_USER with POOL_PASSWORD, a confirmed user. TEMPORARY_USER with
TEMPORARY_PASSWORD is a user who must choose another password; it has one after this, so a pool can be used once.
"""

import os
from importlib.metadata import version

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from pycognito.aws_srp import AWSSRP
from pycognito.exceptions import ForceChangePasswordException

POOL, CLIENT = os.environ["POOL_ID"], os.environ["CLIENT_ID"]
boto = boto3.client(
    "cognito-idp",
    region_name=POOL.split("_")[0],
    endpoint_url=os.environ["POOL_URL"],
    config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}, proxies={}),
)


def srp(username, password):
    return AWSSRP(username=username, password=password, pool_id=POOL, client_id=CLIENT, client=boto)


def refused(call, kind):
    try:
        call()
    except ClientError as error:
        assert error.response["Error"]["Code"] == kind, error
    else:
        raise AssertionError(f"not refused with {kind}")


user, password = os.environ["POOL_USER"], os.environ["POOL_PASSWORD"]
# Numbers with and without a leading zero bit are hashed in different ways, so once is not enough.
for _ in range(20):
    result = srp(user, password).authenticate_user()["AuthenticationResult"]
    assert boto.get_user(AccessToken=result["AccessToken"])["Username"] == user
refused(srp(user, "guess").authenticate_user, "NotAuthorizedException")
refused(srp("nobody", password).authenticate_user, "NotAuthorizedException")

if "TEMPORARY_USER" in os.environ:
    guest, temporary = os.environ["TEMPORARY_USER"], os.environ["TEMPORARY_PASSWORD"]
    try:
        srp(guest, temporary).authenticate_user()
    except ForceChangePasswordException:
        pass
    else:
        raise AssertionError("a temporary password was taken for a permanent one")
    assert "AuthenticationResult" in srp(guest, temporary).set_new_password_challenge("Chosen-passw0rd")
    assert "AuthenticationResult" in srp(guest, "Chosen-passw0rd").authenticate_user()

print(f"pycognito {version('pycognito')}: signed in by SRP")

"""Signs in to a local pool with boto3, as a server and as a user would: every call of the sign-in API that SDKs use.

Reads POOL_URL, POOL_ID, CLIENT_ID, and POOL_USER with POOL_PASSWORD, a confirmed user. Ends with a status other than 0
at the first answer that is not as expected.
"""

import os

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

POOL, CLIENT = os.environ["POOL_ID"], os.environ["CLIENT_ID"]
USER, PASSWORD = os.environ["POOL_USER"], os.environ["POOL_PASSWORD"]
REGION = POOL.split("_")[0]


def client(signature_version=None, **more):
    config = Config(signature_version=signature_version, retries={"total_max_attempts": 1}, proxies={})
    url = os.environ["POOL_URL"]
    return boto3.client("cognito-idp", region_name=REGION, endpoint_url=url, config=config, **more)


users = client(UNSIGNED)
# Any signature is accepted.
admin = client(aws_access_key_id="any", aws_secret_access_key="any")


def refused(kind, call, **arguments):
    """The call must be refused by this exception, which boto3 knows by name."""
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == kind, error
        assert hasattr(users.exceptions, kind), kind
        return error.response["Error"]["Message"]
    raise AssertionError(f"{call.__name__} was not refused with {kind}")


def sign_in(password, username=USER):
    parameters = {"USERNAME": username, "PASSWORD": password}
    return users.initiate_auth(AuthFlow="USER_PASSWORD_AUTH", ClientId=CLIENT, AuthParameters=parameters)


def tokens_of_a_user():
    result = sign_in(PASSWORD)["AuthenticationResult"]
    assert result["TokenType"] == "Bearer" and result["ExpiresIn"] > 0
    user = users.get_user(AccessToken=result["AccessToken"])
    assert user["Username"] == USER
    assert user["UserAttributes"][0]["Name"] == "sub"
    refused("NotAuthorizedException", sign_in, password="guess")
    refused("NotAuthorizedException", sign_in, password=PASSWORD, username="nobody")

    again = users.get_tokens_from_refresh_token(RefreshToken=result["RefreshToken"], ClientId=CLIENT)
    assert "AccessToken" in again["AuthenticationResult"]
    parameters = {"REFRESH_TOKEN": result["RefreshToken"]}
    users.initiate_auth(AuthFlow="REFRESH_TOKEN_AUTH", ClientId=CLIENT, AuthParameters=parameters)
    users.revoke_token(Token=result["RefreshToken"], ClientId=CLIENT)
    refused(
        "NotAuthorizedException",
        users.get_tokens_from_refresh_token,
        RefreshToken=result["RefreshToken"],
        ClientId=CLIENT,
    )
    refused("NotAuthorizedException", users.get_user, AccessToken=result["AccessToken"])


def choice_of_a_first_factor():
    offer = users.initiate_auth(AuthFlow="USER_AUTH", ClientId=CLIENT, AuthParameters={"USERNAME": USER})
    assert offer["ChallengeName"] == "SELECT_CHALLENGE"
    assert set(offer["AvailableChallenges"]) == {"PASSWORD", "PASSWORD_SRP"}
    answer = users.respond_to_auth_challenge(
        ClientId=CLIENT,
        ChallengeName="SELECT_CHALLENGE",
        Session=offer["Session"],
        ChallengeResponses={"USERNAME": USER, "ANSWER": "PASSWORD", "PASSWORD": PASSWORD},
    )
    assert "IdToken" in answer["AuthenticationResult"]


def an_invited_user(name="boto3-guest"):
    created = admin.admin_create_user(
        UserPoolId=POOL,
        Username=name,
        TemporaryPassword="Temp0rary!",
        UserAttributes=[{"Name": "email", "Value": f"{name}@example.com"}],
        MessageAction="SUPPRESS",
    )["User"]
    assert created["UserStatus"] == "FORCE_CHANGE_PASSWORD" and created["UserCreateDate"].year >= 2024
    admin.admin_add_user_to_group(UserPoolId=POOL, Username=name, GroupName="guests")
    challenge = admin.admin_initiate_auth(
        UserPoolId=POOL,
        ClientId=CLIENT,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": "Temp0rary!"},
    )
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    answer = admin.admin_respond_to_auth_challenge(
        UserPoolId=POOL,
        ClientId=CLIENT,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=challenge["Session"],
        ChallengeResponses={"USERNAME": name, "NEW_PASSWORD": "Chosen-passw0rd"},
    )
    token = answer["AuthenticationResult"]["AccessToken"]
    users.change_password(
        AccessToken=token, PreviousPassword="Chosen-passw0rd", ProposedPassword="Other-passw0rd"
    )
    users.update_user_attributes(AccessToken=token, UserAttributes=[{"Name": "name", "Value": "Guest"}])
    found = admin.list_users(UserPoolId=POOL, Filter=f'username = "{name}"')["Users"]
    assert [user["Username"] for user in found] == [name]
    assert {"Name": "name", "Value": "Guest"} in found[0]["Attributes"]
    admin.admin_set_user_password(UserPoolId=POOL, Username=name, Password="Third-passw0rd", Permanent=True)
    result = sign_in("Third-passw0rd", name)["AuthenticationResult"]
    users.global_sign_out(AccessToken=result["AccessToken"])
    refused("NotAuthorizedException", users.get_user, AccessToken=result["AccessToken"])
    admin.admin_user_global_sign_out(UserPoolId=POOL, Username=name)
    admin.admin_delete_user(UserPoolId=POOL, Username=name)
    refused("UserNotFoundException", admin.admin_get_user, UserPoolId=POOL, Username=name)


def descriptions():
    pool = admin.describe_user_pool(UserPoolId=POOL)["UserPool"]
    assert pool["Id"] == POOL and pool["CreationDate"].year >= 2024
    described = admin.describe_user_pool_client(UserPoolId=POOL, ClientId=CLIENT)["UserPoolClient"]
    assert described["ClientId"] == CLIENT and "ALLOW_USER_SRP_AUTH" in described["ExplicitAuthFlows"]
    assert "ResourceServers" in admin.list_resource_servers(UserPoolId=POOL, MaxResults=50)


def refusals_that_help():
    why = refused("InvalidParameterException", users.initiate_auth, AuthFlow="CUSTOM_AUTH", ClientId=CLIENT)
    assert "USER_SRP_AUTH" in why
    try:
        admin.list_identity_providers(UserPoolId=POOL)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "UnknownOperationException"
        assert "InitiateAuth" in error.response["Error"]["Message"]
    else:
        raise AssertionError("a call that a local pool lacks was not refused")


tokens_of_a_user()
choice_of_a_first_factor()
an_invited_user()
descriptions()
refusals_that_help()
print(f"boto3 {boto3.__version__}: signed in, refreshed, revoked, administered")

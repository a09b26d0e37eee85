"""Signs a user in with boto3, AWS's own client, at a given endpoint.

    boto_sign_in.py URL CLIENT_ID USERNAME PASSWORD [REGION]

Prints the names of the tokens it was given, never the tokens, and exits 0; or the AWS error code, and exits 3.
"""

import sys

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

TOKENS = ("AccessToken", "IdToken", "RefreshToken")


def main(url, client_id, username, password, region="ap-south-1"):
    # InitiateAuth is called unsigned, as a public app does it: no credentials are looked for on this machine.
    config = Config(
        signature_version=UNSIGNED, region_name=region, connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 1}, proxies={}
    )
    cognito = boto3.client("cognito-idp", endpoint_url=url, config=config)
    try:
        answer = cognito.initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=client_id,
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )
    except ClientError as error:
        print(error.response["Error"]["Code"])
        return 3
    print(*(name for name in TOKENS if answer["AuthenticationResult"].get(name)))
    return 0


if __name__ == "__main__":
    if not 5 <= len(sys.argv) <= 6:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))

#!/usr/bin/env bash
# Signs in to a local pool with the AWS CLI, as people do in a terminal: `aws cognito-idp …`, unsigned and with any credentials.
#
#   aws_cli.sh AWS
#
# Reads the settings that the example `served` prints. Ends with a status other than 0 at the first answer that is not as expected.
set -euo pipefail
# Neither the settings nor the credentials of this machine.
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
export HOME=$home AWS_CONFIG_FILE=$home/none AWS_SHARED_CREDENTIALS_FILE=$home/none AWS_EC2_METADATA_DISABLED=true AWS_PAGER=""
unset AWS_PROFILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN

idp() { "$aws" cognito-idp "$@" --endpoint-url "$POOL_URL" --region "${POOL_ID%%_*}" --output text; }
aws=$1

# sign_in PASSWORD QUERY
sign_in() {
  idp initiate-auth --no-sign-request --auth-flow USER_PASSWORD_AUTH --client-id "$CLIENT_ID" \
    --auth-parameters "USERNAME=$POOL_USER,PASSWORD=$1" --query "AuthenticationResult.$2"
}

# expect FOUND EXPECTED
expect() {
  if [[ $1 != *"$2"* ]]; then
    echo "expected \`$2\` in: $1" >&2
    exit 1
  fi
}

access=$(sign_in "$POOL_PASSWORD" AccessToken)
expect "$(idp get-user --no-sign-request "--access-token=$access" --query Username)" "$POOL_USER"
refresh=$(sign_in "$POOL_PASSWORD" RefreshToken)
expect "$(idp get-tokens-from-refresh-token --no-sign-request --client-id "$CLIENT_ID" "--refresh-token=$refresh" \
  --query AuthenticationResult.TokenType)" Bearer
expect "$(sign_in guess AccessToken 2>&1 || true)" "(NotAuthorizedException) when calling the InitiateAuth operation: Incorrect username or password."

export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any
expect "$(idp list-users --user-pool-id "$POOL_ID" --query 'Users[].Username')" "$POOL_USER"
expect "$(idp describe-user-pool-client --user-pool-id "$POOL_ID" --client-id "$CLIENT_ID" --query UserPoolClient.ClientId)" "$CLIENT_ID"

version=$("$aws" --version 2>&1)
version=${version#aws-cli/}
echo "aws-cli ${version%% *}: signed in, refreshed, listed users"

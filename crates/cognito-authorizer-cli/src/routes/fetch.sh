#!/bin/sh
# Reads the API {API_ID} and its user pools with the AWS CLI, and writes what it prints into the folder {API_ID}. It changes nothing in
# AWS, and writes no secret of an app client.
#
#   sh fetch.sh              the API as it is edited
#   STAGE=prod sh fetch.sh   the API as it is deployed to this stage
#
# Then: cognito-authorizer routes {API_ID}
set -eu
api={API_ID}
stage=${STAGE:-}
AWS_PAGER=
export AWS_PAGER
mkdir -p "$api"
cd "$api"
# What an earlier run wrote. One file of an old run beside new ones would be another API.
rm -f api.json rest-api.json resources.json authorizers.json gateway-responses.json http-api.json routes.json stages.json
rm -f user-pool-*.json app-client-*.json resource-servers-*.json

# read_to FILE COMMAND…: a file is there only if its command has succeeded.
read_to() {
  file=$1
  shift
  if "$@" --output json >"$file.part"; then mv "$file.part" "$file"; else rm -f "$file.part"; return 1; fi
}

if aws apigateway get-rest-api --rest-api-id "$api" --output json >/dev/null 2>&1; then
  if [ -n "$stage" ]; then
    aws apigateway get-export --rest-api-id "$api" --stage-name "$stage" --export-type oas30 \
      --parameters extensions=apigateway api.json >/dev/null
  else
    read_to rest-api.json aws apigateway get-rest-api --rest-api-id "$api"
    read_to resources.json aws apigateway get-resources --rest-api-id "$api" --embed methods
    read_to authorizers.json aws apigateway get-authorizers --rest-api-id "$api"
    read_to gateway-responses.json aws apigateway get-gateway-responses --rest-api-id "$api"
    read_to stages.json aws apigateway get-stages --rest-api-id "$api"
  fi
  pools=$(aws apigateway get-authorizers --rest-api-id "$api" --query 'items[].providerARNs[]' --output text)
elif aws apigatewayv2 get-api --api-id "$api" --output json >/dev/null 2>&1; then
  if [ -n "$stage" ]; then
    aws apigatewayv2 export-api --api-id "$api" --stage-name "$stage" --specification OAS30 --output-type JSON api.json >/dev/null
  else
    read_to http-api.json aws apigatewayv2 get-api --api-id "$api"
    read_to routes.json aws apigatewayv2 get-routes --api-id "$api"
    read_to authorizers.json aws apigatewayv2 get-authorizers --api-id "$api"
    read_to stages.json aws apigatewayv2 get-stages --api-id "$api"
  fi
  pools=$(aws apigatewayv2 get-authorizers --api-id "$api" --query 'Items[].JwtConfiguration.Issuer' --output text)
else
  echo "there is no API $api that this account and Region can read; the AWS CLI says:" >&2
  aws apigateway get-rest-api --rest-api-id "$api" --output json >&2 || true
  exit 1
fi

# The user pools, for the names of app clients and scopes, and for a local pool. An authorizer may trust a pool of another account.
client='{UserPoolClient: {UserPoolId: UserPoolClient.UserPoolId, ClientId: UserPoolClient.ClientId, ClientName: UserPoolClient.ClientName,
  HasSecret: UserPoolClient.ClientSecret != `null`, AllowedOAuthFlows: UserPoolClient.AllowedOAuthFlows,
  AllowedOAuthScopes: UserPoolClient.AllowedOAuthScopes, ExplicitAuthFlows: UserPoolClient.ExplicitAuthFlows,
  CallbackURLs: UserPoolClient.CallbackURLs, LogoutURLs: UserPoolClient.LogoutURLs}}'
for pool in $pools; do
  # An ARN or an issuer ends in the id.
  pool=${pool##*/}
  case $pool in
    *[!A-Za-z0-9_-]* | [!a-z]*) continue ;;
    *-*-*_*) ;;
    *) continue ;;
  esac
  region=${pool%%_*}
  if ! read_to "user-pool-$pool.json" aws cognito-idp describe-user-pool --user-pool-id "$pool" --region "$region"; then
    echo "the user pool $pool cannot be read, and is left out" >&2
    continue
  fi
  read_to "resource-servers-$pool.json" aws cognito-idp list-resource-servers --user-pool-id "$pool" --max-results 50 \
    --region "$region"
  for id in $(aws cognito-idp list-user-pool-clients --user-pool-id "$pool" --region "$region" \
    --query 'UserPoolClients[].ClientId' --output text); do
    if [ "$id" != None ]; then
      read_to "app-client-$id.json" aws cognito-idp describe-user-pool-client --user-pool-id "$pool" --client-id "$id" \
        --region "$region" --query "$client"
    fi
  done
done
echo "the folder $api has what the AWS CLI printed; read it with: cognito-authorizer routes $api" >&2

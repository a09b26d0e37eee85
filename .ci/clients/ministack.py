"""Asks a local pool and ministack, an emulator of other authors, the same things, and compares errors and token shapes.

Reads MINISTACK_URL and the settings that the example `served` prints. Where the two differ, both answers and the reason are in
`ministack_differences.json`; any other difference, and one that is gone, ends the script with status 1. `--write` writes the file
anew and keeps the reasons.
"""

import base64
import hashlib
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

KNOWN = Path(__file__).with_name("ministack_differences.json")
REDIRECT = os.environ["REDIRECT_URI"]
SCOPES = ["openid", "email", "orders/read", "orders/write"]
SIGNED = (
    "AWS4-HMAC-SHA256 Credential=test/20260101/ap-south-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0"
)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect())


def ask(url, body=None, headers=None):
    """Status, headers and text of the answer, whatever it is."""
    request = urllib.request.Request(url, body and body.encode(), headers or {})
    try:
        with OPENER.open(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


class Side:
    """A pool with an app client for users and one for machines."""

    def __init__(self, url, pool, web, machine, secret):
        self.url, self.pool, self.web, self.machine, self.secret = url, pool, web, machine, secret

    def call(self, operation, **members):
        headers = {
            "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": SIGNED,
        }
        status, _, text = ask(f"{self.url}/", json.dumps(members), headers)
        return status, json.loads(text)

    def good(self, operation, **members):
        status, answer = self.call(operation, **members)
        assert status == 200, (operation, answer)
        return answer

    def token(self, fields, basic=None):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if basic:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(basic).encode()).decode()
        status, _, text = ask(f"{self.url}/oauth2/token", urllib.parse.urlencode(fields), headers)
        return status, json.loads(text or "{}")

    def hide(self, text):
        """The answer without what differs between any two pools."""
        for value, name in ((self.web, "WEB"), (self.machine, "MACHINE"), (self.pool, "POOL"), (self.url, "URL")):
            text = text.replace(value, name)
        return text


def local():
    env = os.environ
    return Side(env["POOL_URL"], env["POOL_ID"], env["CLIENT_ID"], env["MACHINE_CLIENT_ID"], env["MACHINE_CLIENT_SECRET"])


def ministack():
    side = Side(os.environ["MINISTACK_URL"], "", "", "", "")
    side.pool = side.good("CreateUserPool", PoolName="ci", AliasAttributes=["email"])["UserPool"]["Id"]
    scopes = [{"ScopeName": scope, "ScopeDescription": scope} for scope in ("read", "write")]
    side.good("CreateResourceServer", UserPoolId=side.pool, Identifier="orders", Name="orders", Scopes=scopes)

    def client(**members):
        made = side.good("CreateUserPoolClient", UserPoolId=side.pool, ClientName="ci", **members)
        return made["UserPoolClient"]

    oauth = {"AllowedOAuthFlowsUserPoolClient": True, "SupportedIdentityProviders": ["COGNITO"]}
    flows = ["USER_SRP_AUTH", "USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "REFRESH_TOKEN_AUTH"]
    side.web = client(
        **oauth,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=SCOPES,
        CallbackURLs=[REDIRECT],
        ExplicitAuthFlows=[f"ALLOW_{flow}" for flow in flows],
        PreventUserExistenceErrors="ENABLED",
    )["ClientId"]
    machine = client(
        **oauth,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["orders/read", "orders/write"],
        GenerateSecret=True,
    )
    side.machine, side.secret = machine["ClientId"], machine["ClientSecret"]
    env = os.environ
    user = {"UserPoolId": side.pool, "Username": env["POOL_USER"]}
    attributes = {"name": "Ada", "email": env["POOL_EMAIL"], "email_verified": "true"}
    listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
    side.good("AdminCreateUser", **user, UserAttributes=listed, MessageAction="SUPPRESS")
    side.good("AdminSetUserPassword", **user, Password=env["POOL_PASSWORD"], Permanent=True)
    side.good("CreateGroup", UserPoolId=side.pool, GroupName="ops")
    side.good("AdminAddUserToGroup", **user, GroupName="ops")
    return side


def api_errors(side):
    """Calls of the sign-in API that are refused, by name."""
    user, password = os.environ["POOL_USER"], os.environ["POOL_PASSWORD"]
    right = {"USERNAME": user, "PASSWORD": password}

    def initiate(flow="USER_PASSWORD_AUTH", parameters=None, **more):
        members = {"AuthFlow": flow, "ClientId": side.web, "AuthParameters": parameters, **more}
        return "InitiateAuth", {name: value for name, value in members.items() if value is not None}

    def respond(name, responses, **more):
        members = {"ChallengeName": name, "ClientId": side.web, "ChallengeResponses": responses, **more}
        return "RespondToAuthChallenge", members

    srp = {"USERNAME": user, "SRP_A": "ab" * 384}
    offered = side.good("InitiateAuth", AuthFlow="USER_SRP_AUTH", ClientId=side.web, AuthParameters=srp)["ChallengeParameters"]
    proof = {
        "USERNAME": offered["USER_ID_FOR_SRP"],
        "TIMESTAMP": "Sat Nov 7 08:09:05 UTC 2026",
        "PASSWORD_CLAIM_SECRET_BLOCK": offered["SECRET_BLOCK"],
        "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(hashlib.sha256(b"guess").digest()).decode(),
    }

    def without(name):
        return {key: value for key, value in proof.items() if key != name}

    return {
        "wrong password": initiate(parameters={**right, "PASSWORD": "guess"}),
        "unknown user": initiate(parameters={**right, "USERNAME": "nobody"}),
        "unknown client": initiate(parameters=right, ClientId="unknown"),
        "client id of a forbidden form": initiate(parameters=right, ClientId="not a client"),
        "no client": ("InitiateAuth", {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": right}),
        "no flow": ("InitiateAuth", {"ClientId": side.web, "AuthParameters": right}),
        "unknown flow": initiate("GUESS", right),
        "no parameters": initiate(),
        "no user name": initiate(parameters={"PASSWORD": password}),
        "no password": initiate(parameters={"USERNAME": user}),
        "SRP without SRP_A": initiate("USER_SRP_AUTH", {"USERNAME": user}),
        "SRP_A that is zero": initiate("USER_SRP_AUTH", {"USERNAME": user, "SRP_A": "0"}),
        "SRP_A that is not hexadecimal": initiate("USER_SRP_AUTH", {"USERNAME": user, "SRP_A": "xyz"}),
        "no secret hash": initiate(parameters=right, ClientId=side.machine),
        "refresh with a token of nobody": initiate("REFRESH_TOKEN_AUTH", {"REFRESH_TOKEN": "guess"}),
        "refresh without a token": initiate("REFRESH_TOKEN_AUTH", {}),
        "GetTokensFromRefreshToken with a token of nobody": (
            "GetTokensFromRefreshToken",
            {"ClientId": side.web, "RefreshToken": "guess"},
        ),
        "proof that is wrong": respond("PASSWORD_VERIFIER", proof),
        "proof without a user name": respond("PASSWORD_VERIFIER", without("USERNAME")),
        "proof without a time": respond("PASSWORD_VERIFIER", without("TIMESTAMP")),
        "proof without a signature": respond("PASSWORD_VERIFIER", without("PASSWORD_CLAIM_SIGNATURE")),
        "proof without a secret block": respond("PASSWORD_VERIFIER", without("PASSWORD_CLAIM_SECRET_BLOCK")),
        "proof with another time format": respond("PASSWORD_VERIFIER", {**proof, "TIMESTAMP": "2026-11-07T08:09:05Z"}),
        "proof with a secret block of nobody": respond(
            "PASSWORD_VERIFIER", {**proof, "PASSWORD_CLAIM_SECRET_BLOCK": "Z3Vlc3M="}
        ),
        "answer to no challenge": respond("NEW_PASSWORD_REQUIRED", {"USERNAME": user, "NEW_PASSWORD": "x"}, Session="s" * 24),
        "unknown challenge": respond("GUESS", {"USERNAME": user}),
        "no challenge name": ("RespondToAuthChallenge", {"ClientId": side.web, "ChallengeResponses": {"USERNAME": user}}),
        "GetUser with a token of nobody": ("GetUser", {"AccessToken": "guess"}),
        "GlobalSignOut with a token of nobody": ("GlobalSignOut", {"AccessToken": "guess"}),
        "GetUser without a token": ("GetUser", {}),
        "RevokeToken of nobody": ("RevokeToken", {"ClientId": side.web, "Token": "guess"}),
        "AdminGetUser of nobody": ("AdminGetUser", {"UserPoolId": side.pool, "Username": "nobody"}),
        "a pool that does not exist": ("AdminGetUser", {"UserPoolId": "ap-south-1_abcdefghi", "Username": user}),
        "a user who exists": ("AdminCreateUser", {"UserPoolId": side.pool, "Username": user}),
        "a call that does not exist": ("GuessUser", {}),
    }


def token_errors(side):
    """Requests to the token endpoint that are refused, by name."""
    code = {"grant_type": "authorization_code", "client_id": side.web, "redirect_uri": REDIRECT, "code": "guess"}
    machine = {"grant_type": "client_credentials", "scope": "orders/read"}
    basic = (side.machine, side.secret)
    return {
        "no grant type": ({"client_id": side.web}, None),
        "unknown grant type": ({"grant_type": "password", "client_id": side.web}, None),
        "no client": ({"grant_type": "authorization_code", "code": "guess", "redirect_uri": REDIRECT}, None),
        "unknown client": ({**code, "client_id": "unknown"}, None),
        "code of nobody": (code, None),
        "no code": ({key: value for key, value in code.items() if key != "code"}, None),
        "refresh token of nobody": ({"grant_type": "refresh_token", "client_id": side.web, "refresh_token": "guess"}, None),
        "no refresh token": ({"grant_type": "refresh_token", "client_id": side.web}, None),
        "wrong secret": (machine, (side.machine, "guess")),
        "no secret": ({**machine, "client_id": side.machine}, None),
        "machine grant for a public client": ({**machine, "client_id": side.web}, None),
        "unknown scope": ({**machine, "scope": "orders/guess"}, basic),
        "standard scope for a machine": ({**machine, "scope": "openid"}, basic),
        "code grant for a machine": ({**code, "client_id": side.machine}, basic),
    }


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def shape(token):
    """The claims by name, with their type, and the value where it says what kind of token it is."""
    found = claims(token)
    shown = {name: type(value).__name__ for name, value in found.items()}
    return {**shown, **{name: found[name] for name in ("token_use", "scope", "version") if name in found}}


def sign_in_page(side):
    """Tokens by managed login, where the page of each side is filled in as a browser does it."""
    query = {
        "client_id": side.web,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "openid email orders/read",
        "nonce": "n-1",
        "state": "s-1",
    }
    url = f"{side.url}/oauth2/authorize?{urllib.parse.urlencode(query)}"
    cookies, body, fields = {}, None, None
    for _ in range(6):
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), "Origin": side.url}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        status, got, text = ask(url, body, headers)
        for line in got.get_all("Set-Cookie") or []:
            name, _, value = line.split(";")[0].partition("=")
            cookies[name] = value
        if status in (302, 303):
            url, body = urllib.parse.urljoin(url, got["Location"]), None
            if url.startswith(REDIRECT):
                fields = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
                break
            continue
        assert status == 200 and body is None, (status, text)
        form = re.search(r"<form[^>]*>", text)[0]
        action = re.search(r'action="([^"]*)"', form)
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', text)
        unescaped = {name: value.replace("&amp;", "&").replace("&quot;", '"') for name, value in hidden}
        url = urllib.parse.urljoin(url, action[1].replace("&amp;", "&")) if action else url
        user = {"username": os.environ["POOL_USER"], "password": os.environ["POOL_PASSWORD"]}
        body = urllib.parse.urlencode({**unescaped, **user})
    assert fields and fields["state"] == ["s-1"], url
    exchange = {"grant_type": "authorization_code", "client_id": side.web, "redirect_uri": REDIRECT, "code": fields["code"][0]}
    status, tokens = side.token(exchange)
    assert status == 200, tokens
    return tokens


def shapes(side):
    """Claims by kind of token, and the members of the answers that carry them."""
    right = {"USERNAME": os.environ["POOL_USER"], "PASSWORD": os.environ["POOL_PASSWORD"]}
    api = side.good("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", ClientId=side.web, AuthParameters=right)
    login = sign_in_page(side)
    status, machine = side.token({"grant_type": "client_credentials", "scope": "orders/read"}, (side.machine, side.secret))
    assert status == 200, machine
    refreshed = side.token({"grant_type": "refresh_token", "client_id": side.web, "refresh_token": login["refresh_token"]})[1]
    result = api["AuthenticationResult"]
    members = lambda answer: {name: type(value).__name__ for name, value in answer.items()}
    return {
        "answer of InitiateAuth": members(result),
        "access token by InitiateAuth": shape(result["AccessToken"]),
        "ID token by InitiateAuth": shape(result["IdToken"]),
        "answer of the token endpoint to a code": members(login),
        "access token by managed login": shape(login["access_token"]),
        "ID token by managed login": shape(login["id_token"]),
        "answer of the token endpoint to a refresh": members(refreshed),
        "answer of the token endpoint to a machine": members(machine),
        "machine token": shape(machine["access_token"]),
    }


def observed(side):
    found = {}
    # First, as a user is locked out after some wrong passwords.
    for name, members in shapes(side).items():
        found[name] = " ".join(f"{member}:{value}" for member, value in sorted(members.items()))
    for name, (operation, members) in api_errors(side).items():
        status, answer = side.call(operation, **members)
        kind = answer.get("__type", "").split("#")[-1]
        text = answer.get("message", answer.get("Message", ""))
        # Of a good answer the members alone, never the tokens.
        said = f"{status} {kind}: {text}" if kind else " ".join([str(status), *sorted(answer)])
        found[f"{operation}: {name}"] = side.hide(said)
    for name, (fields, basic) in token_errors(side).items():
        status, answer = side.token(fields, basic)
        found[f"/oauth2/token: {name}"] = side.hide(f"{status} {json.dumps(answer, sort_keys=True)}")
    return found


def main():
    ours, theirs = observed(local()), observed(ministack())
    differences = {name: {"local": ours[name], "ministack": theirs[name]} for name in ours if ours[name] != theirs[name]}
    known = json.loads(KNOWN.read_text()) if KNOWN.exists() else {}
    if sys.argv[1:] == ["--write"]:
        with_reasons = {name: {**pair, "reason": known.get(name, {}).get("reason", "")} for name, pair in differences.items()}
        KNOWN.write_text(json.dumps(with_reasons, indent=2) + "\n")
    written = json.loads(KNOWN.read_text())
    failed = False
    for name in sorted(differences.keys() | written.keys()):
        found, expected = differences.get(name), dict(written.get(name, {}))
        reason = expected.pop("reason", "")
        if found != (expected or None) or not reason:
            failed = True
            print(f"{name}\n  found:   {found or 'no difference'}\n  written: {expected or 'no difference'}, reason: {reason or 'none'}")
    if failed:
        sys.exit(f"the differences are not those of {KNOWN.name}, see above")
    print(f"ministack: {len(ours)} answers compared, {len(ours) - len(differences)} the same, {len(differences)} differ as written down")


main()

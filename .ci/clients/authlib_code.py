"""Signs in to a local pool with authlib: discovery, code flow with PKCE, ID token, refresh, userinfo, revocation.

Reads the settings that the example `served` prints, and REDIRECT_URI. The script plays the browser. Ends with a status
other than 0 at the first answer that is not as expected.
"""

import html
import os
import re
from importlib.metadata import version

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

URL, POOL, REDIRECT = os.environ["POOL_URL"], os.environ["POOL_ID"], os.environ["REDIRECT_URI"]
USER, PASSWORD = os.environ["POOL_USER"], os.environ["POOL_PASSWORD"]
ISSUER = f"{URL}/{POOL}"
METADATA = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=10).json()
KEYS = KeySet.import_key_set(requests.get(METADATA["jwks_uri"], timeout=10).json())
assert METADATA["issuer"] == ISSUER


def attribute(element, name):
    return html.unescape(re.search(rf' {name}="([^"]*)"', element)[1])


def sign_in_at(url):
    """Plays the browser from the authorization URL on, and gives the URL that it is sent to in the end."""
    browser = requests.Session()
    page = browser.get(url, timeout=10)
    assert page.status_code == 200, page.text
    fields = {
        attribute(field, "name"): attribute(field, "value")
        for field in re.findall(r'<input type="hidden"[^>]*>', page.text)
    }
    answer = browser.post(
        URL + attribute(re.search("<form[^>]*>", page.text)[0], "action"),
        data={**fields, "username": USER, "password": PASSWORD},
        headers={"Origin": URL},
        allow_redirects=False,
        timeout=10,
    )
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def refused(error, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except OAuthError as found:
        assert found.error == error, found
    else:
        raise AssertionError(f"not refused with {error}")


def claims_of(id_token, client, nonce):
    decoded = jwt.decode(id_token, KEYS, algorithms=["RS256"])
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {"iss": {"value": ISSUER}, "aud": {"value": client}},
        {"nonce": nonce, "client_id": client},
    )
    claims.validate()
    return claims


def code_flow(client, secret, method):
    session = OAuth2Session(
        client,
        secret,
        scope="openid email orders/read",
        redirect_uri=REDIRECT,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        code_challenge_method="S256",
    )
    verifier, nonce = generate_token(64), generate_token()
    url, state = session.create_authorization_url(
        METADATA["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    callback = sign_in_at(url)
    endpoint = METADATA["token_endpoint"]
    token = session.fetch_token(endpoint, authorization_response=callback, state=state, code_verifier=verifier)
    claims = claims_of(token["id_token"], client, nonce)
    user = session.get(METADATA["userinfo_endpoint"], timeout=10).json()
    assert user["sub"] == claims["sub"] and user["email"] == os.environ["POOL_EMAIL"]
    access = jwt.decode(token["access_token"], KEYS, algorithms=["RS256"]).claims
    assert set(access["scope"].split()) == {"openid", "email", "orders/read"} and access["username"] == USER
    # A code works once.
    refused("invalid_grant", session.fetch_token, endpoint, authorization_response=callback, state=state, code_verifier=verifier)

    refresh = token["refresh_token"]
    again = session.refresh_token(endpoint, refresh_token=refresh)
    assert again["access_token"] != token["access_token"]
    assert session.revoke_token(METADATA["revocation_endpoint"], token=refresh).status_code == 200
    refused("invalid_grant", session.refresh_token, endpoint, refresh_token=refresh)


code_flow(os.environ["CLIENT_ID"], None, "none")
confidential = os.environ["CONFIDENTIAL_CLIENT_ID"], os.environ["CONFIDENTIAL_CLIENT_SECRET"]
for way in ("client_secret_basic", "client_secret_post"):
    code_flow(*confidential, way)

machine = OAuth2Session(os.environ["MACHINE_CLIENT_ID"], os.environ["MACHINE_CLIENT_SECRET"], scope="orders/read")
token = machine.fetch_token(METADATA["token_endpoint"], grant_type="client_credentials")
assert jwt.decode(token["access_token"], KEYS, algorithms=["RS256"]).claims["scope"] == "orders/read"
print(f"authlib {version('authlib')}: signed in by code and PKCE, refreshed, read userinfo, revoked")

"""The orders API, for Chalice: `chalice package out` writes `out/sam.json`."""

from chalice import Chalice, CognitoUserPoolAuthorizer

app = Chalice(app_name="orders")
POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab12Cd34E"


def staff(*scopes):
    """With any one of the scopes; without any, for an ID token."""
    return CognitoUserPoolAuthorizer("staff", provider_arns=[POOL], scopes=list(scopes))


@app.route("/health", methods=["GET"], cors=True)
def health():
    return {}


@app.route("/orders", methods=["GET"], cors=True, authorizer=staff("orders/read"))
def list_orders():
    return []


@app.route("/orders", methods=["POST"], cors=True, authorizer=staff("orders/write", "orders/admin"))
def place_order():
    return {}


@app.route("/orders/{id}", methods=["GET"], cors=True, authorizer=staff("orders/read"))
def order(id):
    return {}


@app.route("/me", methods=["GET"], cors=True, authorizer=staff())
def me():
    return {}

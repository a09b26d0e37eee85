// The orders API, for the CDK: `node cdk.mjs FOLDER` writes FOLDER/Orders.template.json.

import { createRequire } from "node:module";
import { join } from "node:path";

// The packages are those of the folder it is run in, so that this file need not be copied there.
const require = createRequire(join(process.cwd(), "package.json"));
const { App, Stack } = require("aws-cdk-lib");
const gateway = require("aws-cdk-lib/aws-apigateway");
const cognito = require("aws-cdk-lib/aws-cognito");

const app = new App({ outdir: process.argv[2] });
const stack = new Stack(app, "Orders");

const pool = new cognito.UserPool(stack, "Pool");
const [read, write, admin] = ["read", "write", "admin"].map(
  (scopeName) => new cognito.ResourceServerScope({ scopeName, scopeDescription: `To ${scopeName}` }),
);
const server = pool.addResourceServer("Scopes", { identifier: "orders", scopes: [read, write, admin] });
const authorizer = new gateway.CognitoUserPoolsAuthorizer(stack, "Staff", { cognitoUserPools: [pool] });

const api = new gateway.RestApi(stack, "Api");
const backend = new gateway.MockIntegration();
/** With any one of the scopes; without any, for an ID token. */
const staff = (...scopes) => ({
  authorizer,
  authorizationType: gateway.AuthorizationType.COGNITO,
  authorizationScopes: scopes.map((scope) => cognito.OAuthScope.resourceServer(server, scope).scopeName),
});
/** A resource that answers CORS preflights. */
const resource = (parent, part) => {
  const made = parent.addResource(part);
  made.addCorsPreflight({ allowOrigins: ["*"] });
  return made;
};

resource(api.root, "health").addMethod("GET", backend);
const orders = resource(api.root, "orders");
orders.addMethod("GET", backend, staff(read));
orders.addMethod("POST", backend, staff(write, admin));
resource(orders, "{id}").addMethod("GET", backend, staff(read));
resource(api.root, "me").addMethod("GET", backend, staff());
resource(api.root.addResource("files"), "{proxy+}").addMethod("ANY", backend, staff(admin));

app.synth();

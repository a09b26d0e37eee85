// The orders API by a class of stack that is used in two stages, with its routes in a nested stack and its user pool in a stack of its
// own: `node cdk_stages.mjs FOLDER` writes a cloud assembly with assemblies in it.

import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const { App, NestedStack, Stack, Stage } = require("aws-cdk-lib");
const gateway = require("aws-cdk-lib/aws-apigateway");
const cognito = require("aws-cdk-lib/aws-cognito");

class Staff extends Stack {
  constructor(scope, id) {
    super(scope, id);
    this.pool = new cognito.UserPool(this, "Pool");
    const scopes = ["read", "write", "admin"].map(
      (scopeName) => new cognito.ResourceServerScope({ scopeName, scopeDescription: `To ${scopeName}` }),
    );
    this.pool.addResourceServer("Scopes", { identifier: "orders", scopes });
  }
}

class Api extends NestedStack {
  constructor(scope, id, { pool }) {
    super(scope, id);
    const authorizer = new gateway.CognitoUserPoolsAuthorizer(this, "Staff", { cognitoUserPools: [pool] });
    const api = new gateway.RestApi(this, "Api");
    const backend = new gateway.MockIntegration();
    const staff = (...authorizationScopes) => ({
      authorizer,
      authorizationType: gateway.AuthorizationType.COGNITO,
      authorizationScopes,
    });
    const resource = (parent, part) => {
      const made = parent.addResource(part);
      made.addCorsPreflight({ allowOrigins: ["*"] });
      return made;
    };
    resource(api.root, "health").addMethod("GET", backend);
    const orders = resource(api.root, "orders");
    orders.addMethod("GET", backend, staff("orders/read"));
    orders.addMethod("POST", backend, staff("orders/write", "orders/admin"));
    resource(orders, "{id}").addMethod("GET", backend, staff("orders/read"));
    resource(api.root, "me").addMethod("GET", backend, staff());
    resource(api.root.addResource("files"), "{proxy+}").addMethod("ANY", backend, staff("orders/admin"));
  }
}

class Orders extends Stack {
  constructor(scope, id, { pool }) {
    super(scope, id);
    new Api(this, "Routes", { pool });
  }
}

const app = new App({ outdir: process.argv[2] });
for (const name of ["Test", "Live"]) {
  const stage = new Stage(app, name);
  const { pool } = new Staff(stage, "Staff");
  new Orders(stage, "Orders", { pool });
}
app.synth();

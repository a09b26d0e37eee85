// Runs in the page: the libraries, for the test to call.
import { Amplify } from "aws-amplify";
import * as amplify from "aws-amplify/auth";
import { Hub } from "aws-amplify/utils";
import * as identity from "amazon-cognito-identity-js";
import { UserManager, WebStorageStateStore } from "oidc-client-ts";

Object.assign(globalThis, { Amplify, amplify, Hub, identity, UserManager, WebStorageStateStore });

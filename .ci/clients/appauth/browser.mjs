// In place of `opener`, which opens the user's browser: a browser that signs in and goes back to the app.
import { get } from "node:http";
import { signInAt } from "../login.mjs";

export default function open(url) {
  signInAt(url, process.env.POOL_USER, process.env.POOL_PASSWORD)
    // Each sign-in has a server of its own on the same port, so the connection is not kept.
    .then((callback) => get(callback, { agent: false }, (response) => response.resume()))
    .catch((error) => {
      console.error(error);
      process.exit(1);
    });
}

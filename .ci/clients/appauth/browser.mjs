// In place of `opener`, which opens the user's browser: a browser that signs in and goes back to the app.
import { signInAt } from "../login.mjs";

export default function open(url) {
  signInAt(url, process.env.POOL_USER, process.env.POOL_PASSWORD)
    .then((callback) => fetch(callback))
    .catch((error) => {
      console.error(error);
      process.exit(1);
    });
}

// Signs in by the authorization code grant with PKCE (RFC 6749 §4.1, RFC 7636), without a library, and calls each route.

const { pool, client } = document.querySelector("main").dataset;
const here = `${location.origin}/`;
const element = (id) => document.getElementById(id);
const form = (fields) => new URLSearchParams({ client_id: client, ...fields });

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const sha256 = async (text) => new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
const claims = (token) =>
  JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (c) => c.codePointAt(0))));

async function signIn(event) {
  event.preventDefault();
  const [verifier, state] = [random(), random()];
  sessionStorage.setItem("attempt", JSON.stringify({ verifier, state }));
  const scope = ["openid", ...new FormData(event.target).getAll("scope")].join(" ");
  location.assign(`${pool}/oauth2/authorize?${form({
    response_type: "code", redirect_uri: here, scope, state,
    code_challenge: base64url(await sha256(verifier)), code_challenge_method: "S256",
  })}`);
}

/** The pool sent the browser back here with a code, or with an error. */
async function finishSignIn(answer) {
  const attempt = JSON.parse(sessionStorage.getItem("attempt") ?? "{}");
  sessionStorage.removeItem("attempt");
  history.replaceState(null, "", here); // A code does not belong in the history.
  if (!attempt.state || answer.get("state") !== attempt.state) throw new Error("the answer is not to this page's request");
  if (answer.has("error")) throw new Error(`${answer.get("error")} ${answer.get("error_description") ?? ""}`);
  const response = await fetch(`${pool}/oauth2/token`, {
    method: "POST",
    body: form({ grant_type: "authorization_code", code: answer.get("code"), redirect_uri: here, code_verifier: attempt.verifier }),
  });
  const tokens = await response.json();
  if (!response.ok) throw new Error(`the token endpoint says ${tokens.error}`);
  sessionStorage.setItem("tokens", JSON.stringify(tokens));
}

function signOut() {
  sessionStorage.removeItem("tokens");
  location.assign(`${pool}/logout?${form({ logout_uri: here })}`);
}

async function call(row) {
  const answer = row.querySelector("output").parentElement;
  const tokens = JSON.parse(sessionStorage.getItem("tokens") ?? "{}");
  const token = tokens[document.querySelector("input[name=token]:checked").value];
  const { method, path } = row.dataset;
  const response = await fetch(path, { method, headers: token ? { authorization: `Bearer ${token}` } : {} });
  const challenge = response.headers.get("www-authenticate");
  answer.dataset.status = response.status;
  answer.querySelector("output").textContent = `${response.status} ${(await response.text()).trim()}${challenge ? `\n${challenge}` : ""}`;
}

function show() {
  const tokens = JSON.parse(sessionStorage.getItem("tokens") ?? "null");
  element("signed-out").hidden = Boolean(tokens);
  element("signed-in").hidden = !tokens;
  if (!tokens) return;
  const access = claims(tokens.access_token);
  element("user").textContent = access.username;
  element("granted").textContent = access.scope;
  element("expiry").textContent = new Date(access.exp * 1000).toLocaleTimeString();
}

element("sign-in").addEventListener("submit", signIn);
element("sign-out").addEventListener("click", signOut);
for (const row of document.querySelectorAll("tbody tr")) row.querySelector("button").addEventListener("click", () => call(row));
const answer = new URLSearchParams(location.search);
if (answer.has("state")) {
  await finishSignIn(answer).catch((problem) => {
    element("problem").textContent = `Not signed in: ${problem.message}.`;
    element("problem").hidden = false;
  });
}
show();

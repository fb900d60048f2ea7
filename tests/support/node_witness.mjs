// Uses the API with two independent libraries: `dpop` signs the proofs of the sign-in, oauth4webapi those of the session's
// requests. Prints the response of each step as one line of JSON.
import * as dpop from "dpop";
import * as oauth from "oauth4webapi";

const [address, email, password] = process.argv.slice(2);
const results = {};
const keys = await dpop.generateKeyPair("ES256");
const signIn = `${address}/v1/desk/sign-in`;

async function post(nonce) {
  const proof = await dpop.generateProof(keys, signIn, "POST", nonce);
  return fetch(signIn, {
    method: "POST",
    headers: { "content-type": "application/json", DPoP: proof },
    body: JSON.stringify({ email, password }),
  });
}

const first = await post(undefined);
results.withoutNonce = [first.status, first.headers.get("www-authenticate")];
const second = await post(first.headers.get("dpop-nonce"));
results.signIn = second.status;
const { token, operator } = await second.json();
results.operator = operator.email;
results.thumbprint = await dpop.calculateThumbprint(keys.publicKey);

// oauth4webapi has no nonce of the server yet. By RFC 9449 it must learn it from the error response and retry.
const handle = oauth.DPoP({ client_id: "witness" }, keys);
const options = { DPoP: handle, [oauth.allowInsecureRequests]: true };
const me = new URL(`${address}/v1/desk/me`);
async function read() {
  return oauth.protectedResourceRequest(token, "GET", me, undefined, undefined, options);
}
async function readAgain() {
  try {
    return await read();
  } catch (problem) {
    if (!oauth.isDPoPNonceError(problem)) throw problem;
    results.nonceError = true;
    return read();
  }
}
const response = await readAgain();
results.me = [response.status, (await response.json()).email];

// A request with the same token and another key is rejected.
const attacker = oauth.DPoP({ client_id: "attacker" }, await dpop.generateKeyPair("ES256"));
for (let tries = 0; tries < 2; tries += 1) {
  try {
    await oauth.protectedResourceRequest(token, "GET", me, undefined, undefined, { ...options, DPoP: attacker });
    results.unauthenticated = "let in";
  } catch (problem) {
    results.unauthenticated = problem.cause?.[0]?.parameters?.error ?? problem.code;
  }
}
const bearer = await fetch(me, { headers: { Authorization: `Bearer ${token}` } });
results.bearer = [bearer.status, bearer.headers.get("www-authenticate")];
console.log(JSON.stringify(results));

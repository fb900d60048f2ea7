// Drives our API with two libraries that others wrote: `dpop` makes the proofs of the sign-in, oauth4webapi those of the
// session's requests. Prints one line of JSON: what each step was answered.
import * as dpop from "dpop";
import * as oauth from "oauth4webapi";

const [address, email, password] = process.argv.slice(2);
const told = {};
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
told.withoutNonce = [first.status, first.headers.get("www-authenticate")];
const second = await post(first.headers.get("dpop-nonce"));
told.signIn = second.status;
const { token, operator } = await second.json();
told.operator = operator.email;
told.thumbprint = await dpop.calculateThumbprint(keys.publicKey);

// oauth4webapi has no nonce of ours yet: it must ask, learn it from the refusal, and ask again, by RFC 9449 alone.
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
    told.nonceError = true;
    return read();
  }
}
const answer = await readAgain();
told.me = [answer.status, (await answer.json()).email];

// Another key with the same token is nobody.
const stranger = oauth.DPoP({ client_id: "stranger" }, await dpop.generateKeyPair("ES256"));
for (let tries = 0; tries < 2; tries += 1) {
  try {
    await oauth.protectedResourceRequest(token, "GET", me, undefined, undefined, { ...options, DPoP: stranger });
    told.unauthenticated = "let in";
  } catch (problem) {
    told.unauthenticated = problem.cause?.[0]?.parameters?.error ?? problem.code;
  }
}
const bearer = await fetch(me, { headers: { Authorization: `Bearer ${token}` } });
told.bearer = [bearer.status, bearer.headers.get("www-authenticate")];
console.log(JSON.stringify(told));

// A real OpenID provider (npm oidc-provider) on loopback, for one client. Prints its issuer when it listens.
// Signing in needs only the name of an account and no password.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [redirectUri] = process.argv.slice(2);
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "crumbless",
        client_secret: "a secret with : and %",
        redirect_uris: [redirectUri],
        grant_types: ["authorization_code"],
        response_types: ["code"],
        token_endpoint_auth_method: "client_secret_basic",
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@provider.example`, email_verified: true }),
    }),
    // Consent is given for everything: what is tested is the sign-in.
    async loadExistingGrant(context) {
      const grant = new provider.Grant({ clientId: context.oidc.client.clientId, accountId: context.oidc.account.accountId });
      grant.addOIDCScope("openid email");
      await grant.save();
      return grant;
    },
  });
  server.on("request", provider.callback());
  console.log(issuer);
});

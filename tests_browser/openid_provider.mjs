// OpenID provider of other hands (oidc-provider) with its development screens: any password signs in.
import { Provider } from "oidc-provider";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI } = process.env;
const PEOPLE = {
  anna: { name: "Anna Editor", roles: ["press"] },
  guest: { name: "A Guest", roles: [] },
};

const provider = new Provider(ISSUER, {
  clients: [{ client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [REDIRECT_URI] }],
  claims: { openid: ["sub"], profile: ["name", "roles"], email: [] },
  conformIdTokenClaims: false, // the claims are in the ID token
  cookies: { keys: ["a key of the tests"] },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, ...PEOPLE[id] }),
  }),
  pkce: { required: () => true },
});
provider.listen(new URL(ISSUER).port, "127.0.0.1");

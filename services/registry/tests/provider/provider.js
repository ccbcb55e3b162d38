// An OpenID provider that accepts every login. A login such as `ann+admins+lab@here`
// gives the subject, the name before the `@` and the `+`, and the groups.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

process.stdin.resume().on("end", () => process.exit());

const [redirectUri] = process.argv.slice(2);
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "mergehub",
        client_secret: "a-secret-of-the-tests",
        redirect_uris: [redirectUri],
      },
    ],
    claims: { openid: ["sub"], profile: ["name", "preferred_username", "groups"] },
    cookies: { keys: ["a-key-of-the-tests"] },
    pkce: { required: () => true },
    findAccount: (ctx, login) => {
      const [name, ...groups] = login.split("@")[0].split("+");
      return {
        accountId: login,
        claims: () => ({ sub: login, name: `${name} of the tests`, preferred_username: name, groups }),
      };
    },
  });
  server.on("request", provider.callback());
  console.log(`listening ${issuer}`);
});

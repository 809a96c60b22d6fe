// Issuers of OpenID Connect: a real one that was not written here (oidc-provider), and one that says whatever a test wants.
import crypto from 'node:crypto';
import http from 'node:http';
import Provider from 'oidc-provider';

const listen = server => new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`)));
export const keyPair = kid => {
  const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid, privateKey, public: { ...crypto.createPublicKey(privateKey).export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' },
    secret: { ...privateKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' } };
};

// `people`: claims by login; any password will do there. `secret` undefined: a public client. `serve` tells it where Aula is.
export async function realIssuer({ people, secret }) {
  let callback = null;
  const server = http.createServer((request, answer) => callback(request, answer));
  const issuer = await listen(server);
  return {
    issuer,
    serve(origin) {
      const provider = new Provider(issuer, {
        clients: [{ client_id: 'aula', ...(secret ? { client_secret: secret } : { token_endpoint_auth_method: 'none' }), redirect_uris: [`${origin}/login/`], grant_types: ['authorization_code'], response_types: ['code'] }],
        claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'department'], email: ['email'], groups: ['groups'] },
        scopes: ['openid', 'profile', 'email', 'groups'],
        findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: `subject-${id}`, ...people[id] }) }),
        jwks: { keys: [keyPair('one').secret] }, cookies: { keys: ['not a secret of anybody'] },
        pkce: { required: () => true }, features: { devInteractions: { enabled: true } } });
      provider.on('server_error', (_, error) => console.error(error));
      callback = provider.callback();
    },
    close: () => new Promise(resolve => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}

// Goes through the pages of the real one as somebody's browser would; where it leads to in the end.
export async function logInThere(url, login, origin) {
  const jar = new Map();
  let form = null;
  for (let step = 0; step < 20; step++) {
    if (url.startsWith(origin)) return new URL(url);
    const answer = await fetch(url, { redirect: 'manual', method: form ? 'POST' : 'GET', body: form,
      headers: { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') } });
    for (const line of answer.headers.getSetCookie()) {
      const [name, ...value] = line.split(';')[0].split('=');
      jar.set(name, value.join('='));
    }
    form = null;
    if (answer.status >= 300 && answer.status < 400) {
      url = new URL(answer.headers.get('location'), url).href;
      continue;
    }
    const [, prompt] = (await answer.text()).match(/name="prompt" value="(\w+)"/) ?? [];
    if (!prompt) throw new Error(`the issuer answered ${answer.status} at ${url}`);
    form = new URLSearchParams({ prompt, ...(prompt === 'login' && { login, password: 'any' }) });
  }
  throw new Error('the issuer leads nowhere');
}

const b64 = value => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
export function idToken(claims, key, header = {}) {
  const input = `${b64({ alg: 'RS256', typ: 'JWT', kid: key.kid, ...header })}.${b64(claims)}`;
  return `${input}.${header.alg === 'none' ? '' : crypto.sign('sha256', Buffer.from(input), key.privateKey).toString('base64url')}`;
}

// Says what `now` says: { keys, token(form), userinfo, about }.
export async function anyIssuer(now) {
  const asked = [];
  const server = http.createServer(async (request, answer) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    asked.push({ path: request.url, authorization: request.headers.authorization, form: Object.fromEntries(new URLSearchParams(text)) });
    const say = (status, body) => answer.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    if (now.silent) return;
    if (request.url === '/.well-known/openid-configuration')
      say(200, { issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys`,
        userinfo_endpoint: `${issuer}/me`, ...now.about });
    else if (request.url === '/keys') say(200, { keys: now.keys });
    else if (request.url === '/me') say(200, now.userinfo);
    else say(...now.token(asked.at(-1)));
  });
  const issuer = await listen(server);
  return { issuer, asked, close: () => new Promise(resolve => {
    server.close(resolve);
    server.closeAllConnections();
  }) };
}

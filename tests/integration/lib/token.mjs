// Tokens (HS256) of a server whose secret the test knows.
import crypto from 'node:crypto';

export const SECRET = 'a secret of thirty-two bytes, or more';
const b64 = v => Buffer.from(JSON.stringify(v)).toString('base64url');

export function token(claims, key = SECRET) {
  const input = `${b64({ alg: 'HS256', typ: 'JWT' })}.${b64({ exp: Math.floor(Date.now() / 1000) + 600, ...claims })}`;
  return `${input}.${crypto.createHmac('sha256', key).update(input).digest('base64url')}`;
}

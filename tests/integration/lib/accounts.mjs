// Requests to /api/people as a page or a script makes them, with the headers that fetch keeps to itself.
import http from 'node:http';

export function ask(origin, request, body = {}, headers = {}, method = 'POST') {
  return new Promise((resolve, reject) => {
    const r = http.request(new URL(`/api/people/${request}`, origin), { method, headers: { 'Content-Type': 'application/json', ...headers } }, answer => {
      let text = '';
      answer.on('data', chunk => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers,
        body: /json/.test(answer.headers['content-type'] ?? '') ? JSON.parse(text) : text }));
    });
    r.on('error', reject);
    r.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

// What a browser would send back of the cookies that were set, by name: { 'aula-flow': '…' }.
export const cookiesOf = answer => Object.fromEntries((answer.headers['set-cookie'] ?? []).map(line => line.split(';')[0].split('=')));
export const cookieHeader = cookies => ({ Cookie: Object.entries(cookies).map(([name, value]) => `${name}=${value}`).join('; ') });

// Runs oauth2-mock-server for the test of the sign-in:
//   node server.mjs --ready-file FILE [--key FILE --certificate FILE]
// Listens on a free port of loopback, over HTTPS when a key and its certificate are given. The ready file (JSON: url,
// authorize_url, token_url, discovery_url, pid) appears, whole, once the server listens. SIGTERM and SIGINT end it, and
// so does the end of its standard input when that is a pipe: it does not outlive the program that holds the other end.
import { fstatSync, renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { OAuth2Server } from 'oauth2-mock-server';

const { values } = parseArgs({
  options: {
    'ready-file': { type: 'string' },
    key: { type: 'string' },
    certificate: { type: 'string' },
  },
});
if (!values['ready-file']) {
  console.error('usage: node server.mjs --ready-file FILE [--key FILE --certificate FILE]');
  process.exit(2);
}

const server = new OAuth2Server(values.key, values.certificate);
await server.issuer.keys.generate('RS256');
await server.start(0, '127.0.0.1');

const end = () => process.exit(0);
process.on('SIGTERM', end).on('SIGINT', end);
if (fstatSync(0).isFIFO()) process.stdin.on('end', end).resume();

const url = server.issuer.url;
const ready = {
  url,
  authorize_url: `${url}/authorize`,
  token_url: `${url}/token`,
  discovery_url: `${url}/.well-known/openid-configuration`,
  pid: process.pid,
};
// Whole or not at all: whoever waits for the file may read it as soon as it is there.
writeFileSync(`${values['ready-file']}.new`, `${JSON.stringify(ready)}\n`);
renameSync(`${values['ready-file']}.new`, values['ready-file']);

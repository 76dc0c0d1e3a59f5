// Speaks HTTP/2 in front of the preview, as the CDN does: over HTTP/1.1 a browser opens a connection for each of the
// first files, and on a slow network each of those takes as long as a page.
//
//     node cdn.mjs <key> <certificate> <http://what-is-behind>
//
// Prints the port that it listens on, and ends when its input does.

import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';

const [key, certificate, behind] = process.argv.slice(2);
const { host, hostname, port } = new URL(behind);
const agent = new http.Agent({ keepAlive: true });
// Of one connection only, or of HTTP/2 itself.
const OWN = /^(?::.*|connection|keep-alive|transfer-encoding)$/;
const passed = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN.test(name)));

const server = http2.createSecureServer({ key: fs.readFileSync(key), cert: fs.readFileSync(certificate) }, (asked, answer) => {
  const options = { hostname, port, path: asked.url, method: asked.method, headers: { ...passed(asked.headers), host }, agent };
  const request = http.request(options, (came) => {
    answer.writeHead(came.statusCode, passed(came.headers));
    came.pipe(answer);
  });
  request.on('error', () => {
    answer.writeHead(502);
    answer.end();
  });
  asked.pipe(request);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on('end', () => process.exit());

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that moves bytes and does nothing with them: POST /page gives as many as argument 1 says, anything else takes. */
const page = Buffer.alloc(Number(process.argv[2]), 'x');
const server = createServer((request, response) => {
  request.resume();
  request.once('end', () => {
    const body = request.url === '/page' ? page : Buffer.from('{}');
    response.writeHead(200, { 'content-length': String(body.length) });
    response.end(body);
  });
});
// Its clients stay, however long they do something else.
server.keepAliveTimeout = 0;
process.on('message', (message) => {
  if (message === 'close') process.exit(0);
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuSeconds: (user + system) / 1e6, rssBytes: process.memoryUsage.rss() });
});
server.listen(0, '127.0.0.1', () => process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));

// door.mjs SOCKET PORT: whoever connects to the UNIX socket, from whichever network namespace, is led to the TCP port here.
import net from 'node:net';

const [socket, port] = process.argv.slice(2);
net.createServer(from => {
  const to = net.connect(Number(port), '127.0.0.1');
  from.pipe(to);
  to.pipe(from);
  for (const end of [from, to]) end.on('error', () => { from.destroy(); to.destroy(); });
}).listen(socket, () => console.log('open'));

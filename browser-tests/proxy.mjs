// A connection that a test can cut: what goes through here reaches the system until it is stopped.

import { connect, createServer } from "node:net";
import { once } from "node:events";

/** Passes on to `url`, under an address of its own. */
export async function proxyTo(url) {
  const target = new URL(url);
  const sockets = new Set();
  let server;
  let port = 0;

  async function start() {
    server = createServer((near) => {
      const far = connect(Number(target.port), target.hostname);
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far);
      far.pipe(near);
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    port = server.address().port;
  }

  async function stop() {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  await start();
  return { url: `http://127.0.0.1:${port}`, start, stop };
}

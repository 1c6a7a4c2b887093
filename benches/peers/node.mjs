// The usual way with ws: a set of sockets for each task, and a loop over it.
import http from "node:http";
import { createRequire } from "node:module";

// Installed elsewhere, so as not to litter this folder.
const { WebSocketServer } = createRequire(process.argv[2] + "/")("ws");

const watchers = new Map();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });

function tell(task, state) {
  for (const socket of watchers.get(task) ?? []) socket.send(state);
}

const server = http.createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (piece) => (body += piece));
  request.on("end", () => {
    tell(request.url.split("/").at(-1), body);
    response.end("{}");
  });
});

server.on("upgrade", (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (peer) => {
    const [, , kind, task] = request.url.split("/");
    if (kind === "progress") {
      if (!watchers.has(task)) watchers.set(task, new Set());
      watchers.get(task).add(peer);
      peer.on("close", () => watchers.get(task).delete(peer));
    } else if (kind === "worker") {
      peer.on("message", (state) => tell(task, state.toString()));
    } else {
      peer.on("message", (message) => peer.send(message.toString()));
    }
    peer.on("error", () => {});
  });
});

server.listen(0, "127.0.0.1", 1024, () => console.log(`127.0.0.1:${server.address().port}`));

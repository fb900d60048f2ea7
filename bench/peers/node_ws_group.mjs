// Node ws + better-sqlite3, tuned by hand. All messages of one turn of the event loop share one commit. A receiver's
// entries of one commit share one frame. A sender's acknowledgements are sent in one write.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { makeBucket, refuse } from "./chat_rules.mjs";
import { makeEntry, openStore } from "./message_store.mjs";

const [port, path] = process.argv.slice(2);
const store = openStore(path);
const rooms = new Map();
let waiting = [];

const http = createServer((_request, response) => response.end("ok"));
const server = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload: 65536 });

server.on("connection", (socket, request) => {
  const member = { socket, wire: request.socket, conversation: "", bucket: makeBucket(), entries: [] };
  socket.on("message", (data) => receive(member, data));
  socket.on("close", () => {
    for (const room of rooms.values()) room.delete(member);
  });
});

function receive(member, data) {
  const message = parse(data);
  if (message?.op === "join") return join(member, message);
  const code = message?.op === "send" ? refuse(member, message) : "malformed";
  if (code) return member.socket.send(JSON.stringify({ op: "error", code, id: message?.id ?? "" }));
  if (waiting.push({ member, message }) === 1) setImmediate(commit);
}

function parse(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

function join(member, message) {
  member.conversation = message.conversations.length === 1 ? message.conversations[0] : "";
  for (const conversation of message.conversations) {
    if (!rooms.has(conversation)) rooms.set(conversation, new Set());
    rooms.get(conversation).add(member);
  }
  member.socket.send('{"op":"joined"}');
}

function commit() {
  const batch = waiting;
  waiting = [];
  const entries = batch.map(({ message }) => makeEntry(store, message));
  store.appendAll(entries);
  const receivers = new Set();
  const wires = new Set(batch.map(({ member }) => member.wire));
  for (const wire of wires) wire.cork();
  for (const [index, entry] of entries.entries()) {
    const sender = batch[index].member;
    const { id, conversation, seq, at } = entry;
    sender.socket.send(JSON.stringify({ op: "ack", id, conversation, seq, at }));
    for (const receiver of rooms.get(conversation) ?? []) {
      if (receiver === sender) continue;
      receiver.entries.push(entry);
      receivers.add(receiver);
    }
  }
  for (const receiver of receivers) {
    receiver.socket.send(JSON.stringify({ op: "entries", entries: receiver.entries }));
    receiver.entries = [];
  }
  for (const wire of wires) wire.uncork();
}

http.listen(Number(port), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));

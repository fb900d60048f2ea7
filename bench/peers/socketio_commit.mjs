// Socket.IO + better-sqlite3 as the guides show it: a room per conversation, an insert and a commit per message.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { makeBucket, refuse } from "./chat_rules.mjs";
import { makeEntry, openStore } from "./message_store.mjs";

const [port, path] = process.argv.slice(2);
const store = openStore(path);

const http = createServer((_request, response) => response.end("ok"));
const io = new Server(http, { transports: ["websocket"], serveClient: false, perMessageDeflate: false });

io.on("connection", (socket) => {
  const member = { conversation: "", bucket: makeBucket() };
  socket.on("join", ({ conversations }) => {
    member.conversation = conversations.length === 1 ? conversations[0] : "";
    socket.join(conversations);
    socket.emit("joined");
  });
  socket.on("send", (message) => {
    const code = refuse(member, message);
    if (code) return socket.emit("refused", { code, id: message?.id ?? "" });
    const entry = makeEntry(store, message);
    store.append(entry);
    const { id, conversation, seq, at } = entry;
    socket.emit("ack", { id, conversation, seq, at });
    socket.to(conversation).emit("entry", entry);
  });
});

http.listen(Number(port), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));

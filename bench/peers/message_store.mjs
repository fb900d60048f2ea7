// One table of messages in SQLite, durable before anything is acknowledged: WAL with synchronous=FULL.
import Database from "better-sqlite3";

/** Opens `path` and returns what a peer needs: `append(message)` commits one, `appendAll(messages)` commits a batch. */
export function openStore(path) {
  const database = new Database(path);
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.exec(`CREATE TABLE IF NOT EXISTS entry (
    position INTEGER PRIMARY KEY, conversation TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL,
    at INTEGER NOT NULL, author TEXT NOT NULL, text TEXT NOT NULL,
    UNIQUE (conversation, seq), UNIQUE (conversation, id))`);
  const insert = database.prepare(
    "INSERT OR IGNORE INTO entry (conversation, id, seq, at, author, text) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const append = (entry) =>
    insert.run(entry.conversation, entry.id, entry.seq, entry.at, entry.author.name, entry.text);
  const appendAll = database.transaction((entries) => {
    for (const entry of entries) append(entry);
  });
  const seqs = new Map(
    database
      .prepare("SELECT conversation, max(seq) AS seq FROM entry GROUP BY conversation")
      .all()
      .map((row) => [row.conversation, row.seq]),
  );
  const nextSeq = (conversation) => {
    const seq = (seqs.get(conversation) ?? 0) + 1;
    seqs.set(conversation, seq);
    return seq;
  };
  return { append, appendAll, nextSeq };
}

/** The entry that a checked message becomes. */
export function makeEntry(store, message) {
  return {
    conversation: message.conversation,
    id: message.id,
    seq: store.nextSeq(message.conversation),
    at: Date.now(),
    kind: "message",
    author: { kind: "visitor", name: "Visitor" },
    text: message.text,
  };
}

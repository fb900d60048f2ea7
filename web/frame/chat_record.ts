/** The visitor's session as it is kept on the device: where it stands, and for how long. */
import { isProofKey, type ProofKey } from "../shared/proof";
import * as storage from "../shared/storage";
import type { StoredChat } from "../shared/storage_values";

/** A chat with its key at hand. */
export interface ChatKey extends StoredChat {
  key: ProofKey | null;
  /** Without a key: what makes a repeated start the same start. Never leaves this page but for the server. */
  claim?: string;
}

const DAY_MS = 86_400_000;

function isStoredChat(value: unknown): value is StoredChat {
  if (typeof value !== "object" || value === null) return false;
  const { token, expiresAt, visitor, conversation, keyId } = value as Record<string, unknown>;
  const texts = [token, visitor, conversation].every((one) => typeof one === "string");
  return texts && typeof expiresAt === "number" && (keyId === null || typeof keyId === "string");
}

export class ChatStorage {
  /** The weakest place anything of the chat had to be put. */
  keeping: storage.Durability = "memory";
  #saved: Promise<void> = Promise.resolve();

  constructor(
    private readonly site: string,
    private readonly keepDays: number,
  ) {}

  /** The chat of this tab or, when the visitor keeps it on this device, of another; null when there is none to use. */
  async load(): Promise<ChatKey | null> {
    const { site } = this;
    const record = storage.get("chat", { site }, isStoredChat) ?? storage.get("keep", { site }, isStoredChat);
    if (!record) return null;
    const key = record.keyId ? await storage.getValue("key", { id: record.keyId }, isProofKey) : null;
    const over = record.expiresAt > 0 && record.expiresAt <= Date.now();
    if (over || (record.keyId && !key)) {
      await this.forget(record);
      return null;
    }
    const chat = { ...record, key };
    this.keeping = "tab";
    await this.#saveKey(chat);
    return chat;
  }

  /** Keeps the chat for this tab, and on the device if it is kept there already. */
  save(chat: ChatKey): Promise<void> {
    this.#saved = this.#save(chat);
    return this.#saved;
  }

  async #save(chat: ChatKey): Promise<void> {
    // A token that works without a key must not stand where it can be copied: it lives in this page alone.
    if (!chat.key) return;
    const places = [storage.set("chat", { site: this.site }, storedChatOf(chat)), await this.#saveKey(chat)];
    if (this.storedUntil(chat) !== null) await this.keep(chat);
    this.keeping = places.includes("memory") ? "memory" : "tab";
  }

  /** Keeps the chat on the device for the days that were promised; returns whether the browser let us. */
  async keep(chat: ChatKey): Promise<boolean> {
    const where = storage.set("keep", { site: this.site }, storedChatOf(chat), this.keepDays * DAY_MS);
    const kept = where === "device" && (await this.#saveKey(chat)) === "device";
    if (!kept) storage.remove("keep", { site: this.site });
    return kept;
  }

  /** From now on the chat is this tab's alone. */
  async unkeep(chat: ChatKey): Promise<void> {
    storage.remove("keep", { site: this.site });
    await this.save(chat);
  }

  /** When the copy on the device ends (ms since 1970), or null when there is none, or only another tab's chat is kept. */
  storedUntil({ keyId }: StoredChat): number | null {
    const { site } = this;
    const isKept = storage.get("keep", { site }, isStoredChat)?.keyId === keyId;
    return isKept ? storage.expiryOf("keep", { site }) : null;
  }

  /**
   * Calls `onGone` when what the session needs was removed from the device by somebody else, and `onChange` when the kept copy
   * changed. Returns what ends it.
   */
  watch({ keyId }: StoredChat, onGone: () => void, onChange: () => void): () => void {
    const { site } = this;
    // Without a key nothing of the session is kept, so that nothing can be removed.
    if (!keyId) return () => undefined;
    const look = async () => {
      // The first save of a chat that began elsewhere writes the record before its key: until then nothing is missing.
      await Promise.resolve();
      await this.#saved;
      const stands = storage.get("chat", { site }, isStoredChat)?.keyId === keyId;
      if (!stands || !(await storage.getValue("key", { id: keyId }, isProofKey))) onGone();
    };
    const ends = [
      storage.watch("chat", { site }, () => void look()),
      storage.watch("key", { id: keyId }, () => void look()),
      storage.watch("keep", { site }, onChange),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  /** Removes everything of the chat from the device. */
  async forget(chat: StoredChat): Promise<void> {
    storage.remove("chat", { site: this.site });
    if (this.storedUntil(chat) !== null) storage.remove("keep", { site: this.site });
    if (chat.keyId) await storage.removeValue("key", { id: chat.keyId });
  }

  /** The key lives a day from its last use, or as long as the kept chat. */
  async #saveKey(chat: ChatKey): Promise<storage.Durability> {
    if (!chat.keyId || !chat.key) return "tab";
    const lifetime = Math.max(DAY_MS, (this.storedUntil(chat) ?? 0) - Date.now());
    return storage.setValue("key", { id: chat.keyId }, chat.key, lifetime);
  }
}

const storedChatOf = ({ token, expiresAt, visitor, conversation, keyId }: ChatKey): StoredChat => ({
  token,
  expiresAt,
  visitor,
  conversation,
  keyId,
});

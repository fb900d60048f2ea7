/** The visitor's session as it is stored on the device: its place and its lifetime. */

import { isProofKey, type ProofKey } from "../../core/dpop";
import { DAY_MS } from "../../core/time_units";
import * as storage from "../../storage/storage";
import type { StoredChat } from "../../storage/storage_values";

/** A chat with its key. */
export interface ChatKey extends StoredChat {
  key: ProofKey | null;
  /** Without a key, this makes a repeated start the same start. It leaves this page only for the server. */
  claim?: string;
}

function isStoredChat(value: unknown): value is StoredChat {
  if (typeof value !== "object" || value === null) return false;
  const { token, expiresAt, visitor, conversation, keyId } = value as Record<string, unknown>;
  const texts = [token, visitor, conversation].every((field) => typeof field === "string");
  return texts && typeof expiresAt === "number" && (keyId === null || typeof keyId === "string");
}

export class ChatStorage {
  /** The weakest place of the chat's values. */
  keeping: storage.Durability = "memory";
  #saved: Promise<void> = Promise.resolve();

  constructor(
    private readonly site: string,
    private readonly keepDays: number,
  ) {}

  /**
   * Return the chat of this tab. If the visitor stores it on this device, another tab's chat is possible. Null if no chat is
   * stored.
   */
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

  /** Store the chat for this tab, and on the device if it is stored there already. */
  save(chat: ChatKey): Promise<void> {
    this.#saved = this.#save(chat);
    return this.#saved;
  }

  async #save(chat: ChatKey): Promise<void> {
    // A token without a key must not be stored where it can be copied: it is in this page's memory only.
    if (!chat.key) return;
    const places = [storage.set("chat", { site: this.site }, storedChatOf(chat)), await this.#saveKey(chat)];
    if (this.storedUntil(chat) !== null) await this.keep(chat);
    this.keeping = places.includes("memory") ? "memory" : "tab";
  }

  /** Store the chat on the device for the promised days; return whether the browser did so. */
  async keep(chat: ChatKey): Promise<boolean> {
    const where = storage.set("keep", { site: this.site }, storedChatOf(chat), this.keepDays * DAY_MS);
    const kept = where === "device" && (await this.#saveKey(chat)) === "device";
    if (!kept) storage.remove("keep", { site: this.site });
    return kept;
  }

  /** Store the chat for this tab only. */
  async unkeep(chat: ChatKey): Promise<void> {
    storage.remove("keep", { site: this.site });
    await this.save(chat);
  }

  /** Return when the copy on the device expires (ms since 1970). Null if it is absent, or belongs to another tab's chat. */
  storedUntil({ keyId }: StoredChat): number | null {
    const { site } = this;
    const isKept = storage.get("keep", { site }, isStoredChat)?.keyId === keyId;
    return isKept ? storage.expiryOf("keep", { site }) : null;
  }

  /**
   * Call `onGone` when a value that the session needs was deleted outside this chat, and `onChange` when the stored copy changed.
   * Returns a function that ends this.
   */
  watch({ keyId }: StoredChat, onGone: () => void, onChange: () => void): () => void {
    const { site } = this;
    // Without a key no part of the session is stored, so that no part can be deleted.
    if (!keyId) return () => undefined;
    const look = async () => {
      // The first save of a chat from another device writes the record before its key. Until then nothing is missing.
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

  /** Delete everything of the chat from the device. */
  async forget(chat: StoredChat): Promise<void> {
    storage.remove("chat", { site: this.site });
    if (this.storedUntil(chat) !== null) storage.remove("keep", { site: this.site });
    if (chat.keyId) await storage.removeValue("key", { id: chat.keyId });
  }

  /** The key lives for a day after its last use, or as long as the stored chat. */
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

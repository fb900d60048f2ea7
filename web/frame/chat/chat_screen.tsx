/** Connects the parts of a chat and renders them. */
import type { FrameTexts } from "texts:frame";
import loaders from "texts:frame/lazy";
import { render } from "preact";
import { Api } from "../../core/api";
import { importPart } from "../../core/import_part";
import { chooseLanguage, type Language } from "../../i18n/language";
import { loadTexts } from "../../i18n/texts_load";
import { isPendingList } from "../../messages/message_outbox";
import { currentLanguage, sound } from "../../storage/preferences";
import * as storage from "../../storage/storage";
import type { MessageSound } from "../../ui/notification_sound";
import type { AllowedFlags, PageBridge, VerifiedIdentity } from "../host/page_bridge";
import type { PageConfig } from "../host/page_config";
import type { LayerProps } from "./chat_layer";
import { Chat } from "./chat_session";
import { ChatStorage } from "./chat_storage";
import { ChatView } from "./chat_view";

/** BCP 47 tag of the page's language. */
const pageTag = new URLSearchParams(location.search).get("lang") ?? navigator.language;
export const pageLanguage = chooseLanguage(pageTag).language;

const loadSound = importPart(() => import("../../ui/notification_sound"));
const loadConsentAsk = importPart(() => import("../host/consent_ask"));
const loadIdentitySync = importPart(() => import("./identity_sync"));

/** Create it when storage is ready: it starts with the stored values. */
export class ChatScreen {
  readonly #root = document.getElementById("app") ?? document.body;
  readonly #box = { current: null as HTMLTextAreaElement | null };
  /** Loaded when the visitor has switched sound on. */
  #tone: MessageSound | undefined;
  readonly #api: Api;
  readonly #chat: Chat;
  #draft: string;
  #shown = false;
  /** The flags that the loader may store. */
  #allowed: AllowedFlags = { open: false, minimised: false };
  #vouched: VerifiedIdentity;
  #atEnd = true;

  constructor(
    private readonly config: PageConfig,
    private readonly bridge: PageBridge,
    private words: FrameTexts,
  ) {
    const { site, publicUrl, nonce, keepDays } = config;
    this.#draft = storage.get("draft", { site }, storage.isText) ?? "";
    this.#api = new Api(publicUrl, nonce);
    this.#chat = new Chat({
      site,
      api: this.#api,
      storage: new ChatStorage(site, keepDays),
      kept: storage.get("outbox", { site }, isPendingList) ?? [],
      savePending: (pending) => {
        if (pending.length > 0) storage.set("outbox", { site }, pending);
        else storage.remove("outbox", { site });
      },
      pageOrigin: bridge.connected,
      onUnseen: () => {
        if (sound.value) this.#tone?.play();
      },
      onStored: (stored) => this.#allow({ open: stored, minimised: stored }),
      onChange: () => this.#paint(),
    });
  }

  /** Send the state of the chat to the loader, which has just connected. */
  greet(): void {
    if (this.#allowed.open) this.#allow(this.#allowed);
    this.sendUnread();
  }

  #allow(flags: AllowedFlags): void {
    this.#allowed = flags;
    this.bridge.say({ say: "flags", ...flags });
  }

  /** Send the number of unread messages to the launcher. */
  sendUnread(): void {
    const count = this.#chat.unread;
    this.bridge.unread(count, count ? this.words.unread({ count }) : "");
  }

  /** Handle a change of the chat's visibility by the page. */
  show(shown: boolean, focus: boolean, jwt: VerifiedIdentity): void {
    if (jwt !== this.#vouched) void this.#followPage(jwt);
    this.#shown = shown;
    if (shown && focus) this.#box.current?.focus();
    this.#watch();
  }

  /** @param shown whether the page shows the chat already */
  start(shown: boolean, jwt: VerifiedIdentity): void {
    this.#shown = shown;
    this.#watch();
    this.#listen();
    this.#paint();
    currentLanguage.observe((language) => void this.#speak(language));
    sound.observe((on) => void (on && this.#loadTone()));
    this.#followDeletions();
    // The chat was shown while storage was being read, when there was no box to focus.
    if (shown && this.bridge.wantsFocus) this.#box.current?.focus();
    void this.#followConsent();
    this.#vouched = jwt;
    void this.#chat.restore().then(() => {
      if (jwt !== undefined || location.hash) void this.#followPage(jwt);
    });
  }

  #listen(): void {
    document.addEventListener("visibilitychange", () => this.#watch());
    document.addEventListener("keydown", (event) => {
      // The browser itself closes a dialog that lost its focus to the page.
      if (document.querySelector("dialog[open]")) return;
      if (event.key === "Escape" && !event.isComposing) this.bridge.say({ say: "close" });
      else if (event.key !== "Tab" && event.key !== "Escape") this.#focusBox();
    });
    // The frame has a separate process and learns late that it lost the focus. If it is opened again at once, this late event
    // blurs the box that has just been focused. The frame then gets the focus with no focused element.
    window.addEventListener("focus", () => this.#focusBox());
    document.addEventListener("pointerdown", () => {
      this.bridge.wantsFocus = false;
    });
  }

  /**
   * Focus the message box if it should have the focus and no other element has it. Called for each key: WebKit ignores `focus()`
   * in a frame of another site until the visitor has used the frame. The key still arrives in the box.
   */
  #focusBox(): void {
    if (this.bridge.wantsFocus && document.activeElement === document.body) this.#box.current?.focus();
  }

  /** Few visitors switch sound on. Without it the chat is only silent. */
  async #loadTone(): Promise<void> {
    const part = await loadSound().catch(() => null);
    if (!part || this.#tone) return;
    this.#tone = new part.MessageSound();
    this.#tone.arm(document);
  }

  async #speak(language: Language): Promise<void> {
    const words = await loadTexts(loaders, language);
    // The visitor may have chosen another language while this one was loading.
    if (language !== currentLanguage.value) return;
    this.words = words;
    this.#paint();
  }

  /** On a site with relays, the page around the chat sends the receipt of its consent. */
  async #followConsent(): Promise<void> {
    if (!this.config.relays) return;
    const [origin, part] = await Promise.all([this.bridge.connected(), loadConsentAsk().catch(() => null)]);
    part?.askConsent(origin, (receipt) => this.#chat.consentChanged(receipt));
  }

  #watch(): void {
    this.#chat.watched(this.#shown && this.#atEnd && document.visibilityState === "visible");
  }

  #keepDraft(text: string): void {
    const { site } = this.config;
    this.#draft = text;
    if (text) {
      storage.set("draft", { site }, text);
      if (!this.#allowed.open) this.#allow({ open: true, minimised: false });
    } else storage.remove("draft", { site });
    this.#paint();
  }

  /** Move the text of a rejected message into the box, before the text that is there. */
  #edit(id: string): void {
    this.#keepDraft([this.#chat.outbox.withdraw(id), this.#draft].filter(Boolean).join("\n"));
    this.#box.current?.focus();
  }

  /** Remove data from the screen that the visitor has deleted in "Your data" or in the browser. */
  #followDeletions(): void {
    const { site } = this.config;
    storage.watch("draft", { site }, () => {
      const kept = storage.get("draft", { site }, storage.isText) ?? "";
      if (kept === this.#draft) return;
      this.#draft = kept;
      this.#paint();
    });
    storage.watch("outbox", { site }, () => {
      const { outbox } = this.#chat;
      if (outbox.pending.length > 0 && !storage.get("outbox", { site }, isPendingList)) outbox.clear();
    });
  }

  /** Apply the visitor identity that the page reports. Everything that must work offline comes first. */
  async #followPage(verifiedIdentity: VerifiedIdentity): Promise<void> {
    this.#vouched = verifiedIdentity;
    const { session } = this.#api;
    if (verifiedIdentity === null) await this.#erased();
    const part = await loadIdentitySync().catch(() => null);
    await part?.followPage(verifiedIdentity, session, this.#layer(), this.bridge);
  }

  #layer(): LayerProps {
    return {
      language: currentLanguage.value,
      config: this.config,
      api: this.#api,
      chat: this.#chat,
      onErased: () => this.#erased(),
    };
  }

  async #erased(): Promise<void> {
    storage.remove("draft", { site: this.config.site });
    await this.#chat.erased();
  }

  #paint(): void {
    const { name, site, keepDays, publicUrl } = this.config;
    const language = currentLanguage.value;
    const chat = this.#chat;
    this.sendUnread();
    render(
      <ChatView
        name={name}
        keepDays={keepDays}
        chat={chat}
        words={this.words}
        locale={localeFor(language, pageTag)}
        draft={this.#draft}
        box={this.#box}
        onDraft={(text) => this.#keepDraft(text)}
        onEdit={(id) => this.#edit(id)}
        onAtEnd={(now) => {
          this.#atEnd = now;
          this.#watch();
        }}
        onClose={() => this.bridge.say({ say: "close" })}
        layer={this.#layer()}
        policy={`${publicUrl}/policy/${site}?lang=${language}`}
      />,
      this.#root,
    );
  }
}

/** Return the page's own tag if it is more specific than our language (`de-AT`) and agrees with it. */
function localeFor(language: Language, tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag).find((candidate) => candidate.startsWith(language)) ?? language;
  } catch {
    return language;
  }
}

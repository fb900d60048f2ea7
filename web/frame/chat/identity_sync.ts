/**
 * Applies the visitor identity that the page reports, and a link that continues a chat here. Loaded on demand: most pages verify
 * no visitor.
 */
import { type Api, ApiProblem, NetworkFailure, type Session } from "../../core/api";
import { importPart } from "../../core/import_part";
import { loadTexts } from "../../i18n/texts_load";
import type { IdentifyResponse, VisitorSessionResponse } from "../../wire/identity_wire";
import type { PageBridge } from "../host/page_bridge";
import type { LayerProps } from "./chat_layer";
import { newChat } from "./chat_start";

const loadTry = importPart(() => import("./transfer_request"));

const CONTINUE = "#continue=";

/**
 * @param verifiedIdentity the page's token; null: the visitor signed out there, and this browser has already deleted the chat
 * @param last the previous session
 */
export async function followPage(
  verifiedIdentity: string | null | undefined,
  last: Session | null,
  props: LayerProps,
  bridge: Pick<PageBridge, "connected">,
): Promise<void> {
  if (location.hash.startsWith(CONTINUE)) await followLink(props);
  if (verifiedIdentity === undefined) return;
  props.chat.identity = verifiedIdentity ?? undefined;
  if (verifiedIdentity === null) await endSession(props.api, last);
  else await identify(verifiedIdentity, props, await bridge.connected()).catch(warnDeveloper);
}

async function identify(identity: string, props: LayerProps, page_origin: string): Promise<void> {
  const { api, chat, config } = props;
  const request = { site: config.site, identity, page_origin };
  if (chat.running) {
    const { session } = api;
    try {
      await api.post<IdentifyResponse>("/v1/visitor/identify", request);
      return;
    } catch (cause) {
      const code = cause instanceof ApiProblem ? cause.code : "";
      // The visitor was verified on another device a moment ago, which ended this session. The chat continues with a new session.
      if (code === "invalid_token") await chat.sessionEnded();
      else if (code === "other_identity") await leaveOther(props, session);
      else throw cause;
    }
  }
  const fresh = await newChat();
  if (!fresh.key) return;
  const { session } = await api.post<IdentifyResponse>("/v1/visitor/identify", request, { key: fresh.key });
  if (session) await adopt(session, fresh, props);
}

/** Two people use this device. The previous person's chat is removed before the next one is shown. */
async function leaveOther(props: LayerProps, session: Session | null): Promise<void> {
  await props.onErased();
  void endSession(props.api, session);
}

/** Redeem the secret of a link. It is in the fragment, which the browser sends to no server. */
async function followLink(props: LayerProps): Promise<void> {
  const secret = location.hash.slice(CONTINUE.length);
  history.replaceState(null, "", location.pathname + location.search);
  try {
    await acceptTransfer(secret, props);
  } catch (cause) {
    const { language } = props;
    const { errorMessage, loaders } = await loadTry();
    props.chat.showNotice(errorMessage(cause, language, await loadTexts(loaders, language)));
  }
}

/** Continue the conversation of a link or code in this chat. Throws ApiProblem or NetworkFailure. */
export async function acceptTransfer(secret: string, props: LayerProps): Promise<void> {
  const fresh = await newChat();
  const { site } = props.config;
  const session = await props.api.post<VisitorSessionResponse>(
    "/v1/visitor/continue",
    { site, secret },
    { key: fresh.key },
  );
  if (props.chat.running) await props.onErased();
  await adopt(session, fresh, props);
}

/** Adopt the session as after a reload. */
const adopt = (
  { token, expires_at: expiresAt, visitor, conversation }: VisitorSessionResponse,
  fresh: Awaited<ReturnType<typeof newChat>>,
  { chat }: LayerProps,
): Promise<void> => chat.restore({ ...fresh, token, expiresAt, visitor, conversation });

/** Delete the key and the session, also offline. The server is informed when the network is back. */
async function endSession(api: Api, session: Session | null): Promise<void> {
  if (!session) return;
  try {
    await api.withSession(session).post("/v1/visitor/logout", {});
  } catch (cause) {
    if (!(cause instanceof NetworkFailure)) return;
    addEventListener("online", () => void endSession(api, session), { once: true });
  }
}

/** An invalid token is a matter for the site's developer. The visitor sees no error and can still write. */
function warnDeveloper(cause: unknown): void {
  if (cause instanceof ApiProblem) console.error(`Crumbless: ${cause.title}. ${cause.detail}`);
}

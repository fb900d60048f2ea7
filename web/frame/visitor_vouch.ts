/**
 * Follows what the page says of its visitor, and a link that continues a chat here. Loaded when there is something to follow:
 * most pages vouch for nobody.
 */
import { type Api, ApiProblem, NetworkFailure, type Session } from "../shared/api";
import { importPart } from "../shared/import_part";
import type { IdentifyResponse, VisitorSessionResponse } from "../shared/wire_identity";
import type { LayerProps } from "./chat_layer";
import { newChat } from "./chat_start";
import type { PageBridge } from "./page_bridge";

const loadTry = importPart(() => import("./elsewhere_try"));

const CONTINUE = "#continue=";

/**
 * @param vouched what the page said; null: the visitor signed out there, and this browser has forgotten the chat already
 * @param last the session that was
 */
export async function followPage(
  verifiedIdentity: string | null | undefined,
  last: Session | null,
  given: LayerProps,
  bridge: Pick<PageBridge, "connected">,
): Promise<void> {
  if (location.hash.startsWith(CONTINUE)) await followLink(given);
  if (verifiedIdentity === undefined) return;
  given.chat.identity = verifiedIdentity ?? undefined;
  if (verifiedIdentity === null) await endSession(given.api, last);
  else await identify(verifiedIdentity, given, await bridge.connected()).catch(warnDeveloper);
}

async function identify(identity: string, given: LayerProps, page_origin: string): Promise<void> {
  const { api, chat, config } = given;
  const asked = { site: config.site, identity, page_origin };
  if (chat.running) {
    const { session } = api;
    try {
      await api.post<IdentifyResponse>("/v1/visitor/identify", asked);
      return;
    } catch (cause) {
      const code = cause instanceof ApiProblem ? cause.code : "";
      // Verified on another device a moment ago, which ended this session: the chat continues with a session of its own.
      if (code === "invalid_token") await chat.sessionEnded();
      else if (code === "other_identity") await leaveOther(given, session);
      else throw cause;
    }
  }
  const fresh = await newChat();
  if (!fresh.key) return;
  const { session } = await api.post<IdentifyResponse>("/v1/visitor/identify", asked, { key: fresh.key });
  if (session) await adopt(session, fresh, given);
}

/** Somebody else's chat, on a device that two people use: it goes before the other one comes. */
async function leaveOther(given: LayerProps, session: Session | null): Promise<void> {
  await given.onErased();
  void endSession(given.api, session);
}

/** Redeems the secret of a link, which stands in the fragment: no server is sent it by following the link. */
async function followLink(given: LayerProps): Promise<void> {
  const secret = location.hash.slice(CONTINUE.length);
  history.replaceState(null, "", location.pathname + location.search);
  try {
    await acceptTransfer(secret, given);
  } catch (cause) {
    const { errorMessage } = await loadTry();
    given.chat.tell(errorMessage(cause, given.language));
  }
}

/** The conversation of a link or code continues in this chat. Throws ApiProblem or NetworkFailure. */
export async function acceptTransfer(secret: string, given: LayerProps): Promise<void> {
  const fresh = await newChat();
  const { site } = given.config;
  const session = await given.api.post<VisitorSessionResponse>(
    "/v1/visitor/continue",
    { site, secret },
    { key: fresh.key },
  );
  if (given.chat.running) await given.onErased();
  await adopt(session, fresh, given);
}

/** Taken up as after a reload. */
const adopt = (
  { token, expires_at: expiresAt, visitor, conversation }: VisitorSessionResponse,
  fresh: Awaited<ReturnType<typeof newChat>>,
  { chat }: LayerProps,
): Promise<void> => chat.restore({ ...fresh, token, expiresAt, visitor, conversation });

/** Offline, the key is gone and the session with it; the server is told once the network is back. */
async function endSession(api: Api, session: Session | null): Promise<void> {
  if (!session) return;
  try {
    await api.withSession(session).post("/v1/visitor/logout", {});
  } catch (cause) {
    if (!(cause instanceof NetworkFailure)) return;
    addEventListener("online", () => void endSession(api, session), { once: true });
  }
}

/** What is wrong with a token is for who made it, never for the visitor, who can write all the same. */
function warnDeveloper(cause: unknown): void {
  if (cause instanceof ApiProblem) console.error(`Crumbless: ${cause.title}. ${cause.detail}`);
}

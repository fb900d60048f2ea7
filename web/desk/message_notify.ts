/** Notifications of the browser: only after an explicit choice, without what was written. */
import type { Entry } from "../shared/wire_timeline";
import { writeRoute } from "./desk_route";

/** What the browser lets us do: `unavailable` where it knows no notifications. */
export type Permission = "granted" | "denied" | "default" | "unavailable";

export function permission(): Permission {
  return typeof Notification === "undefined" ? "unavailable" : Notification.permission;
}

/** Asks the person, by the browser's own question. Call only from their act. */
export async function askPermission(): Promise<Permission> {
  if (typeof Notification === "undefined") return "unavailable";
  return Notification.requestPermission().catch(() => "denied" as const);
}

/** Shows one notification a conversation; tabs share it by its tag, so that it is not doubled. */
export function notify(entries: readonly Entry[], tell: (entry: Entry) => string): void {
  if (permission() !== "granted") return;
  const newest = new Map(entries.map((entry) => [entry.conversation, entry]));
  for (const [conversation, entry] of newest) show(conversation, tell(entry));
}

function show(conversation: string, title: string): void {
  try {
    const shown = new Notification(title, { tag: `crumbless.${conversation}`, icon: "/favicon.svg" });
    shown.onclick = () => {
      focus();
      location.hash = writeRoute(conversation);
      shown.close();
    };
  } catch {
    // Phones let only a service worker show them; the sound and the title still tell.
  }
}

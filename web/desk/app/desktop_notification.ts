/** Notifications of the browser: only after an explicit choice, and without the message's text. */
import type { Entry } from "../../wire/timeline";
import { writeRoute } from "../core/desk_route";

/** The browser's permission; `unavailable` if it does not support notifications. */
export type Permission = "granted" | "denied" | "default" | "unavailable";

export function permission(): Permission {
  return typeof Notification === "undefined" ? "unavailable" : Notification.permission;
}

/** Show the browser's permission prompt. Call it only in response to the user's input. */
export async function askPermission(): Promise<Permission> {
  if (typeof Notification === "undefined") return "unavailable";
  return Notification.requestPermission().catch(() => "denied" as const);
}

/** Show one notification per conversation. Tabs share it by its tag, so that there is only one. */
export function notify(entries: readonly Entry[], titleOf: (entry: Entry) => string): void {
  if (permission() !== "granted") return;
  const newest = new Map(entries.map((entry) => [entry.conversation, entry]));
  for (const [conversation, entry] of newest) show(conversation, titleOf(entry));
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
    // On phones only a service worker can show notifications. The sound and the title still report the message.
  }
}

/** What frame and keeper say to each other over a separate port (docs/protocol.md, "Framing a site"). */
import type { Kept } from "./storage";

/** From the frame: hold this value under its key, or null to let it go. */
export interface HostStorageRequest {
  key: string;
  kept: Kept | null;
}

/** From the keeper, once: what it holds for this tab, and whether the page's own storage works. */
export interface HostStorageResponse {
  held: [string, Kept][];
  able: boolean;
}

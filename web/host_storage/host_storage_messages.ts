/** Messages between frame and host storage on their separate port (docs/protocol.md, "Framing a site"). */
import type { Kept } from "../storage/storage";

/** From the frame: store this value under its key, or delete the key if the value is null. */
export interface HostStorageRequest {
  key: string;
  kept: Kept | null;
}

/** From the host storage, once: the values stored for this tab, and whether the page's own storage works. */
export interface HostStorageResponse {
  held: [string, Kept][];
  able: boolean;
}

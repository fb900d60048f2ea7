import type { SecurityResponse } from "../../wire/account_wire";

/** Properties of each part of the security page. */
export interface SecurityProperties {
  readonly security: SecurityResponse;
  /** Called after a change: loads the page's data again. */
  readonly onChanged: () => Promise<void>;
}

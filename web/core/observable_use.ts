import { useEffect, useState } from "preact/hooks";
import type { Observable } from "./observable";

/** Return the newest value of an observable. The component is rendered again when it changes. */
export function useObserved<T>(observable: Pick<Observable<T>, "value" | "observe">): T {
  const [value, setValue] = useState(() => observable.value);
  // The value may be a function, which a setter would call.
  useEffect(() => observable.observe((now) => setValue(() => now)), [observable]);
  return value;
}

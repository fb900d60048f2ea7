/** The current grants and the effects of a change: scripts load, or their stored items are deleted and the page reloads. */
import { type ConsentConfig, forEach, type Grants, NOTHING, type Said } from "./consent_config";
import { type ConsentAnswer, grantsAny, readAnswer, type Source, watchAnswer, writeAnswer } from "./consent_record";
import { sendReceipt } from "./receipt_send";
import { letScripts } from "./script_gate";
import { signalTags } from "./tag_signal";
import { clearVendorStorage } from "./vendor_storage_clear";

/** The result of `Crumbless.consent.get()`. */
export interface Choice extends Grants {
  /** Whether this site uses a service that needs consent. */
  needed: boolean;
  /** Whether there is a decision: by the visitor, by their browser's signal, or by the site's own consent tool. */
  decided: boolean;
  source: Source | "signal" | null;
  /** The receipt ID; null unless something is granted and the server has stored it. */
  receipt: string | null;
}

/** The site's own consent tool, if it decides instead of our banner. */
export interface External {
  /** Returns the grants; null while there is no decision. */
  get(): Partial<Grants> | null;
  on(changed: () => void): void;
  /** Opens its settings. */
  open?(): void;
}

export interface ConsentChoice {
  get(): Choice;
  /** Returns whether the visitor has to be asked. */
  isOpen(): boolean;
  /** Returns whether the browser signals a refusal: Global Privacy Control, or Do Not Track. */
  isSignalled(): boolean;
  /** Applies a decision. A category that `changes` omits does not change. `said` contains the texts that were shown. */
  decide(changes: Partial<Grants>, source: Source, said: Said): void;
  /** Reports unreported choices to the server. */
  report(): Promise<void>;
}

const isSignalled = () =>
  (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true || navigator.doNotTrack === "1";

/** Empty on a plain http page, where a repeat after a lost response creates a second receipt. */
const newNumber = () => crypto.randomUUID?.() ?? "";

const bit = (granted: boolean) => (granted ? 1 : 0);

/** Start with the stored decision. `onChange` is called after every change, in this tab and in others. */
export function manageConsent(
  { site, origin, revision, said }: ConsentConfig,
  external: External | undefined,
  onChange: (choice: Choice) => void,
): ConsentChoice {
  const { services, categories: used } = said;
  /**
   * The last answer, which may belong to an older question. Such an answer grants nothing, but the next receipt names its
   * receipt.
   */
  let answer = external ? null : readAnswer(site);
  /** The grants under which this page has loaded scripts. */
  let running: Grants = NOTHING;

  const current = () =>
    // A grant from before the signal does not outlive it; one given in spite of it does.
    answer?.rev === revision && (!isSignalled() || external || answer.sig || !grantsAny(answer)) ? answer : null;

  const granted = (): Grants => {
    const c = current()?.c;
    return forEach((category) => !!c?.[category] && used.includes(category));
  };

  const get = (): Choice => {
    const found = current();
    const grants = granted();
    const signalled = !found && isSignalled() && !external;
    return {
      needed: used.length > 0,
      decided: !!found || signalled,
      source: signalled ? "signal" : (found?.src ?? null),
      ...grants,
      receipt: ((grants.analytics || grants.marketing) && found?.rid) || null,
    };
  };

  const keep = (fresh: ConsentAnswer) => {
    answer = fresh;
    if (!external) writeAnswer(site, fresh);
  };

  const report = async () => {
    const reported = answer;
    if (!reported?.due) return;
    const receipt = await sendReceipt(origin, site, reported, reported.due);
    // There may be a newer answer by now, here or in another tab. That one is reported separately.
    if (receipt === null || answer !== reported || (!external && (readAnswer(site) ?? reported).t !== reported.t))
      return;
    const { due, rid, ...rest } = reported;
    keep(receipt && grantsAny(reported) ? { ...rest, rid: receipt } : rest);
    onChange(get());
  };

  /** Delete the items of all services that may not run on this page. */
  const clear = () =>
    clearVendorStorage(services.filter(({ category }) => !running[category]).flatMap(({ rows }) => rows));

  /** Apply the current grants. `reported` resolves when the server has stored the answer or does not respond. */
  const apply = async (reported?: Promise<void>) => {
    const grants = granted();
    const stopped = used.filter((category) => running[category] && !grants[category]);
    running = grants;
    letScripts(grants);
    if (!answer && !stopped.length) return;
    signalTags(grants);
    await clear();
    if (!stopped.length) return;
    await reported;
    // This deletes items that a script wrote while it was being stopped.
    await clear();
    // If the browser did not store the refusal, a new page would run under the old grant.
    const kept = external ? null : readAnswer(site);
    if (!kept || stopped.every((category) => !kept.c[category])) location.reload();
  };

  const decide = (changes: Partial<Grants>, source: Source, { language, text }: Said) => {
    const now = granted();
    const rid = answer?.rid;
    const fresh: ConsentAnswer = {
      v: 1,
      rev: revision,
      t: Date.now(),
      c: forEach((category) => bit({ ...now, ...changes }[category] === true && used.includes(category))),
      src: source,
      ...(isSignalled() && { sig: 1 }),
    };
    // A visitor who refuses and has granted nothing before stays unidentified.
    keep(grantsAny(fresh) || rid ? { ...fresh, ...(rid && { rid }), due: [language, text, newNumber()] } : fresh);
    const reported = external && !rid ? undefined : report();
    void apply(reported);
    onChange(get());
  };

  let followed = "";
  const followExternal = () => {
    const toolChoice = external?.get();
    const chosen = forEach((category) => toolChoice?.[category] === true);
    // A call of the vendors' tags may make the tool call us again.
    const fresh = JSON.stringify(chosen);
    if (!toolChoice || fresh === followed) return;
    followed = fresh;
    decide(chosen, "external", said);
  };

  if (external) {
    external.on(followExternal);
    // Not before our caller has the returned value.
    queueMicrotask(followExternal);
  } else {
    watchAnswer(site, () => {
      answer = readAnswer(site);
      void apply();
      onChange(get());
    });
    running = granted();
    letScripts(running);
    // A consent may have ended since the last page: it expired, a signal denies it, or it answers an older question.
    if (answer !== null) void clear();
    void report();
  }
  return { get, isOpen: () => !external && !current() && !isSignalled(), isSignalled, decide, report };
}

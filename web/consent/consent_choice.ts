/** What is granted now, and what a change of it does: scripts load, or what they kept is removed and the page reloaded. */
import { type ConsentConfig, forEach, type Grants, NOTHING, type Said } from "./consent_config";
import { type ConsentAnswer, grantsAny, readAnswer, type Source, watchAnswer, writeAnswer } from "./consent_record";
import { clearVendorStorage } from "./kept_clear";
import { sendReceipt } from "./receipt_send";
import { letScripts } from "./script_gate";
import { signalTags } from "./tag_signal";

/** What `Crumbless.consent.get()` gives. */
export interface Choice extends Grants {
  /** Whether this site uses anything that has to be asked for. */
  needed: boolean;
  /** Whether somebody has decided: the visitor, their browser's signal, or the site's own consent tool. */
  decided: boolean;
  source: Source | "signal" | null;
  /** The receipt's number; null unless something is granted and the server has it. */
  receipt: string | null;
}

/** The site's own consent tool, when it is to decide instead of our banner. */
export interface External {
  /** What is granted; null while nobody has decided. */
  get(): Partial<Grants> | null;
  on(changed: () => void): void;
  /** Opens its settings. */
  open?(): void;
}

export interface ConsentChoice {
  get(): Choice;
  /** Whether the visitor is to be asked. */
  isOpen(): boolean;
  /** Whether the browser signals a refusal: Global Privacy Control, or Do Not Track. */
  isSignalled(): boolean;
  /** Takes a decision; a category that `wanted` leaves out stays as it is. `said` are the words that were shown. */
  decide(wanted: Partial<Grants>, source: Source, said: Said): void;
  /** Tells the server what it does not know yet. */
  report(): Promise<void>;
}

const isSignalled = () =>
  (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true || navigator.doNotTrack === "1";

/** Empty on a plain http page, where a repeat after a lost answer makes a second receipt. */
const newNumber = () => crypto.randomUUID?.() ?? "";

const bit = (granted: boolean) => (granted ? 1 : 0);

/** Begins with what was decided before. `onChange` is told of every change, in this tab and in others. */
export function manageConsent(
  { site, origin, revision, said }: ConsentConfig,
  external: External | undefined,
  onChange: (choice: Choice) => void,
): ConsentChoice {
  const { services, categories: used } = said;
  /** The last answer, which may belong to an older question: it grants nothing, but the next receipt names its receipt. */
  let answer = external ? null : readAnswer(site);
  /** What this page has let load. */
  let running: Grants = NOTHING;

  const current = () =>
    // A grant from before the signal does not outlive it; one given in spite of it does.
    answer?.rev === revision && (!isSignalled() || external || answer.sig || !grantsAny(answer)) ? answer : null;

  const granted = (): Grants => {
    const c = current()?.c;
    return forEach((one) => !!c?.[one] && used.includes(one));
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
    const told = answer;
    if (!told?.due) return;
    const receipt = await sendReceipt(origin, site, told, told.due);
    // Meanwhile there may be a newer answer, here or in another tab; that one tells for itself.
    if (receipt === null || answer !== told || (!external && (readAnswer(site) ?? told).t !== told.t)) return;
    const { due, rid, ...rest } = told;
    keep(receipt && grantsAny(told) ? { ...rest, rid: receipt } : rest);
    onChange(get());
  };

  /** Follows what is granted now. `told` settles when the server knows of it, or does not answer. */
  const apply = async (told?: Promise<void>) => {
    const grants = granted();
    const stopped = used.filter((one) => running[one] && !grants[one]);
    running = grants;
    letScripts(grants);
    if (!answer && !stopped.length) return;
    signalTags(grants);
    const refused = services.filter(({ category }) => !grants[category]);
    const clear = () => clearVendorStorage(refused.flatMap(({ rows }) => rows));
    await clear();
    if (!stopped.length) return;
    await told;
    // What a script wrote while it was being stopped.
    await clear();
    // Where the browser did not let us keep the refusal, a new page would run under the old grant.
    const kept = external ? null : readAnswer(site);
    if (!kept || stopped.every((one) => !kept.c[one])) location.reload();
  };

  const decide = (wanted: Partial<Grants>, source: Source, { language, text }: Said) => {
    const now = granted();
    const rid = answer?.rid;
    const fresh: ConsentAnswer = {
      v: 1,
      rev: revision,
      t: Date.now(),
      c: forEach((one) => bit({ ...now, ...wanted }[one] === true && used.includes(one))),
      src: source,
      ...(isSignalled() && { sig: 1 }),
    };
    // Who refuses and has granted nothing before stays unknown.
    keep(grantsAny(fresh) || rid ? { ...fresh, ...(rid && { rid }), due: [language, text, newNumber()] } : fresh);
    const told = external && !rid ? undefined : report();
    void apply(told);
    onChange(get());
  };

  let followed = "";
  const followExternal = () => {
    const given = external?.get();
    const wanted = forEach((one) => given?.[one] === true);
    // Telling the tags may make the tool tell us again.
    const fresh = JSON.stringify(wanted);
    if (!given || fresh === followed) return;
    followed = fresh;
    decide(wanted, "external", said);
  };

  if (external) {
    external.on(followExternal);
    // Not before our caller has what we return.
    queueMicrotask(followExternal);
  } else {
    watchAnswer(site, () => {
      answer = readAnswer(site);
      void apply();
      onChange(get());
    });
    running = granted();
    letScripts(running);
    void report();
  }
  return { get, isOpen: () => !external && !current() && !isSignalled(), isSignalled, decide, report };
}

/**
 * The panel "Stored in this browser now": every item with its purpose, its remaining lifetime and a Delete button. It is live and
 * loaded on demand.
 */

import type { StoredDataTexts } from "texts:stored_data";
import loaders from "texts:stored_data/lazy";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../core/time_units";
import { pickTexts } from "../i18n/texts_pick";
import { ConfirmButton } from "./confirm_button";
import {
  type Descriptions,
  downloadJson,
  exportRows,
  fetchDescriptions,
  readRows,
  type StoredDataRow,
} from "./stored_data_list";
import "./stored_data_view.css";
import * as storage from "../storage/storage";

/** Interval in ms for finding items that have expired or that the browser's own tools have deleted. */
const POLL_MS = 3_000;

export interface StoredDataViewProps {
  /** BCP 47 tag for texts and dates. */
  language: string;
  /** Public key of the site, for the descriptions; absent if there is no site. */
  site?: string | undefined;
  /** Shown before the list: a heading for this part. */
  intro?: ((words: StoredDataTexts) => ComponentChildren) | undefined;
  /** Shown after the list. */
  outro?: ((words: StoredDataTexts, say: (text: string) => void) => ComponentChildren) | undefined;
}

/** The data that changes while the panel is shown. */
interface Known {
  words: StoredDataTexts;
  descriptions: Descriptions;
  rows: StoredDataRow[];
}

export function StoredDataView({ language, site, intro, outro }: StoredDataViewProps): JSX.Element {
  const known = useKnown(language, site);
  const [message, say] = useState("");
  const status = useRef<HTMLParagraphElement>(null);
  // The focused element may be deleted together with its item.
  useEffect(() => {
    if (message && document.activeElement === document.body) status.current?.focus();
  }, [message]);
  if (!known) return <p class="kept-status" role="status" />;
  const { words, rows } = known;
  const removeOne = async ({ stored }: StoredDataRow) => {
    await storage.removeStored(stored);
    say(words.removed({ key: stored.key }));
    // The focused button has been deleted.
    status.current?.focus();
  };
  const removeAll = async () => {
    await storage.clearAll();
    say(words.removedAll);
    status.current?.focus();
  };
  return (
    <div class="kept">
      {intro?.(words)}
      <p class="kept-status" role="status" tabIndex={-1} ref={status}>
        {message}
      </p>
      {rows.length === 0 ? (
        <p class="kept-empty">{words.empty}</p>
      ) : (
        <>
          {known.descriptions.size === 0 && <p class="kept-note">{words.plain}</p>}
          <ul class="kept-list">
            {rows.map((row) => (
              <Row
                key={`${row.where} ${row.stored.key}`}
                row={row}
                words={words}
                language={language}
                remove={removeOne}
              />
            ))}
          </ul>
          <div class="kept-acts">
            <button
              type="button"
              class="kept-button"
              onClick={() => downloadJson("kept-in-this-browser.json", exportRows(rows, location.origin, Date.now()))}
            >
              {words.exportAll}
            </button>
            <ConfirmButton
              label={words.removeAll}
              question={words.removeAllAsk}
              cancel={words.cancel}
              onYes={removeAll}
            />
          </div>
        </>
      )}
      {outro?.(words, say)}
    </div>
  );
}

interface RowProps {
  row: StoredDataRow;
  words: StoredDataTexts;
  language: string;
  remove: (row: StoredDataRow) => Promise<void>;
}

function Row({ row, words, language, remove }: RowProps): JSX.Element {
  const { stored, where, description, isKey } = row;
  const { key, size, since, until } = stored;
  return (
    <li class="kept-row">
      <p class="kept-what">{description?.contains ?? key}</p>
      {description && <p class="kept-purpose">{description.purpose}</p>}
      <p class="kept-key">
        <code dir="ltr">{key}</code>
        <span>{placeText(where, words)}</span>
        {isKey && <span>{words.keyValue}</span>}
      </p>
      <dl class="kept-facts">
        <Fact name={words.size} value={sizeText(size, language)} />
        <Fact name={words.since} value={ageText(since, language)} />
        <Fact name={words.until} value={dateText(until, language)} />
      </dl>
      <button
        type="button"
        class="kept-button kept-remove"
        aria-label={words.removeOf({ key })}
        onClick={() => void remove(row)}
      >
        {words.remove}
      </button>
    </li>
  );
}

function Fact({ name, value }: { name: string; value: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** Return the newest state of the stored items, with descriptions in the language; null until it is loaded. */
function useKnown(language: string, site: string | undefined): Known | null {
  const [spoken, setSpoken] = useState<Omit<Known, "rows"> | null>(null);
  const [rows, setRows] = useState<StoredDataRow[] | null>(null);
  useEffect(() => {
    let current = true;
    const address = `/storage.json?${new URLSearchParams({ ...(site && { site }), lang: language })}`;
    void Promise.all([pickTexts(loaders, language)(), fetchDescriptions(address)]).then(
      ([{ default: words }, descriptions]) => {
        if (current) setSpoken({ words, descriptions });
      },
    );
    return () => {
      current = false;
    };
  }, [language, site]);
  useEffect(() => {
    if (!spoken) return;
    let current = true;
    const look = () => {
      void readRows(spoken.descriptions).then((found) => {
        if (current) setRows(found);
      });
    };
    look();
    const stop = storage.watchAll(look);
    const timer = setInterval(look, POLL_MS);
    return () => {
      current = false;
      stop();
      clearInterval(timer);
    };
  }, [spoken]);
  return spoken && rows && { ...spoken, rows };
}

function placeText(where: StoredDataRow["where"], { where: texts }: StoredDataTexts): string {
  switch (where) {
    case "localStorage":
      return texts.local;
    case "sessionStorage":
      return texts.session;
    case "IndexedDB":
      return texts.database;
    default:
      return texts[where];
  }
}

const sizeText = (bytes: number, language: string): string =>
  new Intl.NumberFormat(language, { style: "unit", unit: "byte", unitDisplay: "long" }).format(bytes);

const dateText = (at: number, language: string): string =>
  new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(at);

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", DAY_MS],
  ["hour", HOUR_MS],
  ["minute", MINUTE_MS],
];

/** Return a text such as "2 hours ago". */
function ageText(since: number, language: string): string {
  const age = Math.max(0, Date.now() - since);
  const [unit, length] = STEPS.find(([, ms]) => age >= ms) ?? ["second", 1_000];
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-Math.floor(age / length), unit);
}

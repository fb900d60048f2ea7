/**
 * Texts of the panel "Kept in this browser now". Each language is a file of its own that is loaded when it is spoken; for a new
 * one, add a file and a line here.
 */

import { importPart } from "./import_part";

export interface KeptWords {
  /** The list is being read. */
  reading: string;
  /** Nothing is kept. */
  empty: string;
  size: string;
  since: string;
  until: string;
  value: string;
  where: { local: string; session: string; database: string; memory: string; page: string };
  /** A value that is a key. */
  keyValue: string;
  remove: string;
  /** Accessible name of the button for one item. */
  removeOf: (key: string) => string;
  removed: (key: string) => string;
  removeAll: string;
  removeAllAsk: string;
  removedAll: string;
  exportAll: string;
  cancel: string;
  /** The descriptions could not be fetched. */
  plain: string;
  /** Which part of what is kept this panel can see, and where the other is. */
  chatPart: (site: string) => string;
  chatOwnPart: string;
  chatPagePart: string;
  chatLead: (host: string) => string;
  pageLead: string;
  deskPart: (host: string) => string;
  /** Where the part is shown that the desk cannot see. */
  deskLead: string;
  deskMore: string;
  /** The server's side. */
  conversations: string;
  conversationsHint: string;
  exportConversations: string;
  erase: string;
  eraseAsk: string;
  eraseYes: string;
  erased: (conversations: number, messages: number) => string;
  working: string;
  failed: string;
  sessionOver: string;
}

type Load = () => Promise<{ default: KeptWords }>;

const english = importPart(() => import("./kept_words_en"));

const loaders: Record<string, Load> = {
  en: english,
  de: importPart(() => import("./kept_words_de")),
  fr: importPart(() => import("./kept_words_fr")),
  es: importPart(() => import("./kept_words_es")),
  ar: importPart(() => import("./kept_words_ar")),
  it: importPart(() => import("./kept_words_it")),
  nl: importPart(() => import("./kept_words_nl")),
  pl: importPart(() => import("./kept_words_pl")),
  pt: importPart(() => import("./kept_words_pt")),
  sv: importPart(() => import("./kept_words_sv")),
  tr: importPart(() => import("./kept_words_tr")),
  uk: importPart(() => import("./kept_words_uk")),
};

/** The words of a language; English where they are not written yet. */
export async function loadKeptWords(language: string): Promise<KeptWords> {
  const load = loaders[language] ?? english;
  return (await load()).default;
}

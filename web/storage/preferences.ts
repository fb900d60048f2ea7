/**
 * A user's preferences. Each has a default and is stored only if another value was chosen. Every tab and page of the origin
 * applies a choice at once. The default returns as soon as the item is deleted.
 */
import { Observable } from "../core/observable";
import { directionOf, LANGUAGES, type Language } from "../i18n/language";
import * as storage from "./storage";
import type { Guard as ItemGuard } from "./storage_keys";
import type { TextSize, Theme } from "./storage_values";

export const THEMES: readonly Theme[] = ["system", "light", "dark"];
export const TEXT_SIZES: readonly TextSize[] = ["normal", "large", "larger"];

/** The type of each preference. */
export interface Preferences {
  theme: Theme;
  /** null: the page's own. */
  language: Language | null;
  textSize: TextSize;
  /** Whether a new message plays a sound. */
  sound: boolean;
  notifications: boolean;
}
export type PreferenceName = keyof Preferences;
type Guard<T> = (value: unknown) => value is T;

interface Preference<T> {
  value: Observable<T>;
  default: T;
  is: Guard<T>;
}

const isOneOf =
  <T>(choices: readonly T[]): Guard<T> =>
  (value): value is T =>
    (choices as readonly unknown[]).includes(value);
const isBoolean: Guard<boolean> = (value) => typeof value === "boolean";

const preference = <T>(defaultValue: T, is: Guard<T>): Preference<T> => ({
  value: new Observable(defaultValue),
  default: defaultValue,
  is,
});

const all: { [N in PreferenceName]: Preference<Preferences[N]> } = {
  theme: preference<Theme>("system", isOneOf(THEMES)),
  language: preference<Language | null>(null, isOneOf(LANGUAGES)),
  textSize: preference<TextSize>("normal", isOneOf(TEXT_SIZES)),
  sound: preference<boolean>(false, isBoolean),
  notifications: preference<boolean>(false, isBoolean),
};

/** A value that only this module sets. */
export type Observed<T> = Readonly<Pick<Observable<T>, "value" | "observe">>;

export const theme: Observed<Theme> = all.theme.value;
export const language: Observed<Language | null> = all.language.value;
export const textSize: Observed<TextSize> = all.textSize.value;
export const sound: Observed<boolean> = all.sound.value;
export const notifications: Observed<boolean> = all.notifications.value;

/** Defaults that differ between the surfaces. */
export interface Defaults {
  /** The page's language. Absent if we must not change the page's language. */
  language?: Language;
  sound?: boolean;
}

/** The key of a preference has no variable parts. */
const partless = <N extends PreferenceName>() => ({}) as storage.KeyParts<N>;

let pageLanguage: Language = "en";
const languages = new Observable<Language>(pageLanguage);
/** The current language: the chosen one, else the page's. */
export const currentLanguage: Observed<Language> = languages;
const chooseLanguageTag = (): void => {
  languages.value = language.value ?? pageLanguage;
};
language.observe(chooseLanguageTag);

/** Store a choice and apply it at once. null and the default delete the item. */
export function choose<N extends PreferenceName>(name: N, value: Preferences[N] | null): void {
  const { default: defaultValue } = all[name];
  if (value === null || value === defaultValue) storage.remove(name, partless<N>());
  else storage.set(name, partless<N>(), value as storage.ItemValues[N]);
  recall(name);
}

function recall<N extends PreferenceName>(name: N): void {
  const item: Preference<Preferences[N]> = all[name];
  item.value.value = storage.get(name, partless<N>(), item.is as ItemGuard<N>) ?? item.default;
}

/** Apply the chosen theme to `page`. Returns a function that ends this. */
export function followTheme(page: Document): () => void {
  return joined(follow("theme"), mark(page, "theme", theme, "system"));
}

/** Apply the user's preferences to `page`: theme, text size, language and its direction. Returns a function that ends this. */
export function followPreferences(page: Document, defaults: Defaults = {}): () => void {
  if (defaults.sound !== undefined) all.sound.default = defaults.sound;
  if (defaults.language) pageLanguage = defaults.language;
  chooseLanguageTag();
  return joined(
    followTheme(page),
    ...(["language", "textSize", "sound", "notifications"] as const).map(follow),
    mark(page, "textSize", textSize, "normal"),
    defaults.language ? currentLanguage.observe((chosen) => setLanguage(page, chosen)) : () => undefined,
  );
}

function follow(name: PreferenceName): () => void {
  recall(name);
  return storage.watch(name, {}, () => recall(name));
}

/** Publish a choice to the style sheets (theme.css). */
function mark(page: Document, name: string, choice: Observed<string>, defaultValue: string): () => void {
  return choice.observe((value) => {
    const { dataset } = page.documentElement;
    if (value === defaultValue) delete dataset[name];
    else dataset[name] = value;
  });
}

function setLanguage(page: Document, chosen: Language): void {
  page.documentElement.lang = chosen;
  page.documentElement.dir = directionOf(chosen);
}

const joined =
  (...ends: (() => void)[]) =>
  (): void => {
    for (const end of ends) end();
  };

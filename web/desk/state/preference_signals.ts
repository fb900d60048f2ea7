/**
 * The operator's preferences as signals, for the desk's views. web/storage/preferences.ts publishes them without signals, because
 * the chat frame shares it.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import * as preferences from "../../storage/preferences";

/** Return a signal that follows the preference for the life of the page. */
function signalOf<T>(preference: preferences.Observed<T>): ReadonlySignal<T> {
  const followed = signal(preference.value);
  preference.observe((value) => {
    followed.value = value;
  });
  return followed;
}

export const theme = signalOf(preferences.theme);
export const language = signalOf(preferences.language);
export const textSize = signalOf(preferences.textSize);
export const sound = signalOf(preferences.sound);
export const notifications = signalOf(preferences.notifications);
/** The language of the texts: the chosen one, else the page's. */
export const currentLanguage = signalOf(preferences.currentLanguage);

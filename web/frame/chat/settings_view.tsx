/** The visitor's preferences. Each is stored only if it differs from the default. Loaded when it is opened. */
import languageTexts from "texts:language";
import type { SettingsTexts } from "texts:settings";
import type { JSX } from "preact";
import { useObserved } from "../../core/observable_use";
import { LANGUAGES, type Language } from "../../i18n/language";
import { choose, language, sound, TEXT_SIZES, THEMES, textSize, theme } from "../../storage/preferences";
import type { LayerProps } from "./chat_layer";

export { default as loaders } from "texts:settings/lazy";

export default function SettingsView({ words }: LayerProps & { words: SettingsTexts }): JSX.Element {
  const chosenLanguage = useObserved(language);
  return (
    <div class="settings">
      <Choice
        name="theme"
        label={words.theme}
        choices={THEMES}
        texts={words.themes}
        chosen={useObserved(theme)}
        onChoose={(value) => choose("theme", value)}
      />
      <div>
        <label class="settings-name" for="language">
          {words.language}
        </label>
        <select
          id="language"
          value={chosenLanguage ?? ""}
          onChange={(event) => choose("language", (event.currentTarget.value || null) as Language | null)}
        >
          <option value="">{words.pageLanguage}</option>
          {LANGUAGES.map((tag) => (
            <option key={tag} value={tag} lang={tag}>
              {languageTexts[tag].name}
            </option>
          ))}
        </select>
      </div>
      <Choice
        name="text-size"
        label={words.textSize}
        choices={TEXT_SIZES}
        texts={words.textSizes}
        chosen={useObserved(textSize)}
        onChoose={(value) => choose("textSize", value)}
      />
      <fieldset>
        <legend>{words.sound}</legend>
        <label>
          <input
            type="checkbox"
            checked={useObserved(sound)}
            onChange={(event) => choose("sound", event.currentTarget.checked)}
          />
          {words.soundOn}
        </label>
      </fieldset>
      <p class="settings-hint">{words.hint}</p>
    </div>
  );
}

interface ChoiceProps<T extends string> {
  name: string;
  label: string;
  choices: readonly T[];
  texts: Record<T, string>;
  chosen: T;
  onChoose: (value: T) => void;
}

function Choice<T extends string>({ name, label, choices, texts, chosen, onChoose }: ChoiceProps<T>): JSX.Element {
  return (
    <fieldset>
      <legend>{label}</legend>
      {choices.map((choice) => (
        <label key={choice}>
          <input type="radio" name={name} checked={choice === chosen} onChange={() => onChoose(choice)} />
          {texts[choice]}
        </label>
      ))}
    </fieldset>
  );
}

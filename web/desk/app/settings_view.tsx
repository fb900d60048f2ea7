import languageTexts from "texts:language";
import { useState } from "preact/hooks";
import { LANGUAGES } from "../../i18n/language";
import { choose, type PreferenceName, type Preferences, TEXT_SIZES, THEMES } from "../../storage/preferences";
import { useTranslations } from "../core/desk_context";
import { language, notifications, sound, textSize, theme } from "../state/preference_signals";
import { DialogFrame } from "../ui/dialog";
import { askPermission, permission } from "./desktop_notification";

interface Properties {
  readonly onClose: () => void;
}

/** The operator's preferences. Each is stored as soon as it is chosen, and deleted when the default is chosen again. */
export function SettingsView({ onClose }: Properties) {
  const { words } = useTranslations();
  return (
    <DialogFrame name="settings" title={words.settings} onClose={onClose}>
      <Choice
        name="theme"
        label={words.theme}
        value={theme.value}
        options={THEMES.map((choice) => [choice, words.themes[choice]])}
      />
      <Choice
        name="language"
        label={words.language}
        value={language.value}
        options={[
          [null, words.languageOfBrowser],
          ...LANGUAGES.map((choice) => [choice, languageTexts[choice].name] as const),
        ]}
      />
      <Choice
        name="textSize"
        label={words.textSize}
        value={textSize.value}
        options={TEXT_SIZES.map((choice) => [choice, words.textSizes[choice]])}
      />
      <label class="setting setting-tick">
        <input
          type="checkbox"
          checked={sound.value}
          onChange={(event) => choose("sound", event.currentTarget.checked)}
        />
        <span>{words.sound}</span>
      </label>
      <NotificationsTick />
      <p class="settings-note">{words.settingsNote}</p>
    </DialogFrame>
  );
}

interface ChoiceProperties<N extends PreferenceName> {
  readonly name: N;
  readonly label: string;
  readonly value: Preferences[N];
  readonly options: readonly (readonly [Preferences[N], string])[];
}

function Choice<N extends PreferenceName>({ name, label, value, options }: ChoiceProperties<N>) {
  const chosen = options.findIndex(([choice]) => choice === value);
  const change = (index: number) => choose(name, options[index]?.[0] ?? null);
  return (
    <label class="setting">
      <span>{label}</span>
      <select value={String(chosen)} onChange={(event) => change(Number(event.currentTarget.value))}>
        {options.map(([choice, text], index) => (
          <option key={String(choice)} value={String(index)}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function NotificationsTick() {
  const { words } = useTranslations();
  const [prompted, setPrompted] = useState(false);
  const enabled = notifications.value;
  const allowed = permission();
  const refused = (prompted || enabled) && (allowed === "denied" || allowed === "unavailable");
  const tick = async (box: HTMLInputElement) => {
    if (box.checked) {
      const answer = await askPermission();
      setPrompted(true);
      box.checked = answer === "granted";
      choose("notifications", answer === "granted");
    } else choose("notifications", false);
  };
  return (
    <div class="setting-group">
      <label class="setting setting-tick">
        <input
          type="checkbox"
          checked={enabled}
          aria-describedby="notifications-hint"
          onChange={(event) => void tick(event.currentTarget)}
        />
        <span>{words.notifications}</span>
      </label>
      <p id="notifications-hint" class="setting-hint">
        {words.notificationsHint}
      </p>
      <p class={refused ? "setting-refused" : ""} role="status">
        {refused && (allowed === "denied" ? words.notificationsDenied : words.notificationsUnavailable)}
      </p>
    </div>
  );
}

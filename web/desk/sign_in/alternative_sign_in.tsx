import type { OidcProviderName } from "../../wire/account_wire";
import { useTranslations } from "../core/desk_context";

interface Properties {
  /** Whether a passkey is offered. */
  readonly passkey: boolean;
  readonly providers: readonly OidcProviderName[];
  readonly onPasskey: () => void;
  readonly onProvider: (id: string) => void;
  /** No password is requested above. */
  readonly alone?: boolean;
}

/** Alternatives to a password: a passkey, or an account at a provider. */
export function OtherWays({ passkey, providers, onPasskey, onProvider, alone = false }: Properties) {
  const { words } = useTranslations();
  return (
    <div class="sign-in-others">
      {!alone && (passkey || providers.length > 0) && <p class="sign-in-or">{words.or}</p>}
      {passkey && (
        <button type="button" class="button" onClick={onPasskey}>
          <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <circle cx="5.5" cy="6" r="3" />
            <path d="M8 7.5l6 0M12 7.5l0 2.5M14 7.5l0 1.5M5.5 9l0 5" />
          </svg>
          {words.usePasskey}
        </button>
      )}
      {providers.map(({ id, name }) => (
        <button type="button" class="button" key={id} onClick={() => onProvider(id)}>
          <bdi>{words.continueWith({ name })}</bdi>
        </button>
      ))}
    </div>
  );
}

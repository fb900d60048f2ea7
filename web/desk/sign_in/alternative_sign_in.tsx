import { Button } from "../../ui/kit/button";
import { keyRound } from "../../ui/kit/icons";
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
        <Button icon={keyRound} onClick={onPasskey}>
          {words.usePasskey}
        </Button>
      )}
      {providers.map(({ id, name }) => (
        <Button key={id} onClick={() => onProvider(id)}>
          <bdi>{words.continueWith({ name })}</bdi>
        </Button>
      ))}
    </div>
  );
}

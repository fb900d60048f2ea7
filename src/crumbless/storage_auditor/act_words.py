"""How websites name the controls that a visitor uses, in the languages that many of them speak."""

import re


def _whole(*words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(words)})[\s.!✓→]*", re.IGNORECASE)


ACCEPT = _whole(
    r"(?:yes,? )?(?:i )?(?:accept|allow|agree)(?: to)?(?: all)?(?: cookies)?(?: (?:and|&) (?:close|continue))?",
    r"alle?s? (?:cookies )?(?:akzeptieren|zulassen|erlauben)|akzeptieren|zustimmen|einverstanden",
    r"(?:tout )?accepter(?: tout| et fermer)?|j['’]accepte",
    r"aceptar(?: tod[oa]s?)?(?: las cookies)?|permitir tod[oa]s",
    r"accett[ao](?: tutt[oi])?(?: i cookie)?",
    r"alles accepteren|accepteren|akkoord",
    r"(?:za)?akceptuj(?:ę)?(?: wszystk(?:ie|o))?|zgadzam się",
    r"aceitar(?: tudo| todos)?",
    r"قبول(?: الكل)?|موافق",
)
REJECT = _whole(
    r"(?:no,? )?(?:i )?(?:reject|decline|refuse|deny|disagree)(?: all)?(?: cookies)?",
    r"(?:only|accept only|use only|allow only) (?:strictly )?(?:necessary|essential|required)(?: cookies)?(?: only)?",
    r"(?:strictly )?(?:necessary|essential)(?: cookies)? only",
    r"(?:alle )?ablehnen|alles ablehnen|nur (?:notwendige|erforderliche)(?: cookies)?|nein,? danke",
    r"(?:tout )?refuser(?: tout)?|continuer sans accepter",
    r"rechazar(?: tod[oa]s?)?",
    r"rifiuta(?: tutt[oi])?",
    r"(?:alles )?weigeren|afwijzen|alles afwijzen",
    r"odrzuć(?: wszystk(?:ie|o))?",
    r"(?:rejeitar|recusar)(?: tudo| todos)?",
    r"رفض(?: الكل)?",
)
WITHDRAW = _whole(
    r"withdraw(?: (?:my )?consent)?",
    r"(?:einwilligung )?widerrufen",
    r"retirer (?:mon|le) consentement",
    r"retirar (?:el |mi )?consentimiento",
    r"revoca(?: il)? consenso",
    r"toestemming intrekken",
    r"(?:wycofaj|cofnij) zgodę",
    r"سحب الموافقة",
)
SETTINGS = _whole(
    r"(?:manage |change |your |my )?(?:cookie|privacy|consent)s? (?:settings|preferences|choices|options)",
    r"(?:cookie|privatsphäre|datenschutz)[- ]?einstellungen",
    r"(?:paramètres|gestion|gérer) (?:des |les |de )?cookies",
    r"(?:configuración|preferencias) de (?:cookies|privacidad)",
    r"(?:preferenze|impostazioni)(?: dei)? cookie",
    r"cookie-?instellingen|ustawienia (?:plików )?cookies?|(?:definições|preferências) de cookies",
    r"cookies",
)
CHAT = re.compile(
    r"chat|messenger|talk to us|message us|live ?support|contact support|intercom|zendesk|tawk|crisp|drift|دردشة",
    re.IGNORECASE,
)
SEND = _whole(
    r"send(?: message)?", r"(?:ab)?senden", r"envoyer", r"enviar", r"invia", r"verzend(?:en)?", r"wyślij", r"إرسال"
)
END = _whole(
    r"(?:end|leave|finish)(?: (?:the |this )?(?:chat|conversation))?",
    r"(?:chat|gespräch|unterhaltung) (?:beenden|verlassen)",
    r"(?:terminer|quitter)(?: le chat| la conversation)?",
    r"(?:finalizar|terminar)(?: el)? chat",
    r"(?:termina|chiudi)(?: la)? chat",
    r"chat beëindigen|zakończ czat|terminar (?:o )?chat",
)
CONFIRM = _whole(
    END.pattern, r"yes(?:,? .{0,30})?", r"ja(?:,? .{0,30})?", r"oui", r"sí", r"sì", r"confirm|ok|erase|delete"
)
CLOSE = _whole(
    r"close(?: (?:the )?chat)?",
    r"minimi[sz]e",
    r"chat schließen|schließen|minimieren",
    r"fermer(?: le chat)?",
    r"cerrar(?: chat)?",
)

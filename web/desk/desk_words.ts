// The desk's own words in every language; what it shares with the visitor's chat stands in web/shared/words.ts.
import type { TextSize, Theme } from "../shared/storage_values";
import type { WordTables } from "../shared/words";
import ar from "./desk_words_ar";
import de from "./desk_words_de";
import en from "./desk_words_en";
import es from "./desk_words_es";
import fr from "./desk_words_fr";

/** Every text of the desk. Functions put names and numbers where the language wants them. */
export interface DeskWords {
  readonly email: string;
  readonly password: string;
  readonly signIn: string;
  readonly signingIn: string;
  readonly signInHint: string;
  readonly enterBoth: string;
  readonly wrongSignIn: string;
  readonly tooManyTries: (wait: string) => string;
  readonly unreachable: string;
  readonly serverFault: string;
  readonly needsSecurePage: string;
  readonly needsSecurePageHint: string;
  readonly sessionEnded: string;
  readonly signedOut: string;
  readonly signedOutHere: string;
  readonly notAllDeleted: string;
  readonly lastsForTab: string;
  readonly dismiss: string;

  readonly conversations: string;
  readonly waiting: string;
  readonly open: string;
  readonly closed: string;
  readonly unread: (count: number) => string;
  readonly you: string;
  readonly typingShort: string;
  readonly showOlder: string;
  readonly noneYet: string;
  readonly noneYetHint: string;
  readonly noneSelected: string;
  readonly noneSelectedHint: string;
  readonly loading: string;
  readonly listFailed: string;
  readonly threadFailed: string;
  readonly olderFailed: string;
  readonly notFound: string;
  readonly notFoundHint: string;
  readonly erased: string;
  readonly erasedHint: string;
  readonly tryAgain: string;

  readonly back: string;
  readonly closeConversation: string;
  readonly closeFailed: string;
  readonly closedHint: string;
  readonly reply: string;
  readonly heldBack: string;
  readonly showEarlier: string;
  readonly connectionLost: string;
  readonly diskLow: string;
  readonly diskFull: string;

  readonly account: string;
  readonly signOut: string;
  readonly unsentOnSignOut: string;

  readonly filter: string;
  readonly all: string;
  readonly noneHere: string;
  readonly noneHereHint: string;
  readonly compactRows: string;
  readonly hideList: string;
  readonly showList: string;
  readonly listWidth: string;
  readonly details: string;
  readonly noName: string;
  /** Heads what the site says of its signed-in visitor. */
  readonly vouchedFor: string;
  /** Behind an e-mail address that the site has checked. */
  readonly emailVerified: string;
  readonly website: string;
  readonly status: string;
  readonly started: string;
  readonly settings: string;
  readonly resetLayout: string;
  readonly close: string;
  readonly theme: string;
  readonly themes: Readonly<Record<Theme, string>>;
  readonly language: string;
  readonly languageOfBrowser: string;
  readonly textSize: string;
  readonly textSizes: Readonly<Record<TextSize, string>>;
  readonly sound: string;
  readonly notifications: string;
  readonly notificationsHint: string;
  readonly notificationsDenied: string;
  readonly notificationsUnavailable: string;
  readonly newMessageFrom: (name: string) => string;
  readonly settingsNote: string;
  readonly kept: string;
  readonly connectionCheck: string;

  readonly forgotten: string;
  readonly or: string;
  readonly usePasskey: string;
  readonly continueWith: (name: string) => string;
  readonly codeTitle: string;
  readonly codeHint: string;
  readonly code: string;
  readonly continueOn: string;
  readonly startAgain: string;
  readonly enterCode: string;
  readonly wrongCode: string;
  readonly tookTooLong: string;
  readonly noPasskey: string;
  readonly passkeyRefused: string;
  readonly providerRefused: string;
  readonly unknownIdentity: string;
  readonly providerOnly: string;
  readonly secondFactorNeeded: string;
  readonly secondFactorDue: (date: string) => string;
  readonly identityTaken: string;
  readonly invitationAgain: string;
  readonly providerAway: string;
  readonly busy: string;
  readonly profile: string;
  readonly security: string;
  readonly administration: string;
  readonly pageFailed: string;
  readonly banVisitor: string;
  readonly onlyReads: string;
}

export const deskWords: WordTables<DeskWords> = { en, de, fr, es, ar };

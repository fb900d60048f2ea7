/** The reasons for which a sign-in fails in the browser, besides the failures of requests and of passkeys. */

/** This page cannot create a key: it was not opened over https. */
export class KeyCreationFailed extends Error {
  override readonly name = "KeyCreationFailed";
}

/** This browser stores nothing, so that it could not be recognised when it comes back. */
export class NothingStored extends Error {
  override readonly name = "NothingStored";
}

/** This browser did not begin the sign-in, or began it too long ago. */
export class NotBegunHere extends Error {
  override readonly name = "NotBegunHere";
}

/** The return from a provider did not complete an invitation, whose secret is not stored here. `cause`: the failure. */
export class JoiningFailed extends Error {
  override readonly name = "JoiningFailed";
}

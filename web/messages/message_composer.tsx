/** The message box. Typed text leaves it only through `onSend`. The parent component stores the draft. */
import type { ConversationTexts } from "texts:conversation";
import type { JSX, RefObject } from "preact";
import { useEffect, useId, useLayoutEffect, useRef } from "preact/hooks";
import "./message_composer.css";
import { TypingSender } from "../stream/typing";
import { cleanText, isSendable, roomLeft } from "./message_text";

/** The number of remaining characters is shown from this number on. */
const COUNTER_FROM = 200;

export interface ComposerProps {
  /** Accessible name and placeholder of the box. */
  label: string;
  placeholder?: string;
  words: ConversationTexts;
  draft: string;
  /** Called with every change of the text. The parent stores it and returns it as `draft`. */
  onDraft: (text: string) => void;
  /** Receives the text: cleaned, not empty and short enough. The box is emptied when this returns. */
  onSend: (text: string) => void;
  /** Called with true at most every 3 seconds while typing, and with false once when typing stops. */
  onTyping?: (on: boolean) => void;
  /** Sending is impossible now; typing stays possible. */
  disabled?: boolean;
  /** Lets the parent move the focus into the box. */
  inputRef?: RefObject<HTMLTextAreaElement | null>;
}

export function MessageComposer(props: ComposerProps): JSX.Element {
  const ownRef = useRef<HTMLTextAreaElement>(null);
  const box = props.inputRef ?? ownRef;
  const counterId = useId();
  const typing = useTypingSender(props.onTyping);
  const left = roomLeft(props.draft);
  const sendable = isSendable(props.draft) && !props.disabled;
  useGrowth(box, props.draft);

  const change = (text: string) => {
    props.onDraft(text);
    if (cleanText(text)) typing.typed();
    else typing.stopped();
  };
  const send = () => {
    if (!sendable) return;
    typing.stopped();
    props.onSend(cleanText(props.draft));
    props.onDraft("");
    box.current?.focus();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={box}
        class="composer-box"
        rows={1}
        // In an empty box `auto` means left to right, for the placeholder too.
        dir={props.draft ? "auto" : undefined}
        value={props.draft}
        placeholder={props.placeholder ?? props.label}
        aria-label={props.label}
        aria-describedby={counterId}
        aria-invalid={left < 0}
        autocomplete="off"
        enterkeyhint="send"
        onInput={(event) => change(event.currentTarget.value)}
        onBlur={() => typing.stopped()}
        onKeyDown={(event) => {
          if (!isSendKey(event)) return;
          event.preventDefault();
          send();
        }}
      />
      <button class="composer-send" type="submit" aria-disabled={!sendable}>
        <SendIcon />
        <span>{props.words.send}</span>
      </button>
      <p id={counterId} class={left < 0 ? "composer-counter over" : "composer-counter"} role="status">
        {counterText(left, props.words)}
      </p>
    </form>
  );
}

function counterText(left: number, words: ConversationTexts): string {
  if (left < 0) return words.tooLong({ over: -left });
  return left <= COUNTER_FROM ? words.charactersLeft({ left }) : "";
}

/**
 * Return whether Enter sends. It does not if it ends a composition (keyCode 229 in browsers that end it before the key) or breaks
 * a line.
 */
function isSendKey(event: KeyboardEvent): boolean {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}

function useTypingSender(onTyping: ((on: boolean) => void) | undefined): TypingSender {
  const latestOnTyping = useRef(onTyping);
  latestOnTyping.current = onTyping;
  const sender = useRef<TypingSender>(null);
  sender.current ??= new TypingSender((on) => latestOnTyping.current?.(on));
  const made = sender.current;
  useEffect(() => () => made.stopped(), [made]);
  return made;
}

/** Grow the box with its text. The style sheet limits the height. */
function useGrowth(box: RefObject<HTMLTextAreaElement | null>, text: string): void {
  // The height depends on the text.
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.style.blockSize = "auto";
    element.style.blockSize = `${element.scrollHeight + element.offsetHeight - element.clientHeight}px`;
  }, [box, text]);
}

function SendIcon(): JSX.Element {
  return (
    <svg class="composer-icon" viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
      <path d="M3.2 16.6 17.4 10 3.2 3.4l1.5 5.3 6.6 1.3-6.6 1.3z" fill="currentColor" />
    </svg>
  );
}

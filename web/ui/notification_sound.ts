// The sound of a new message: two soft notes that the browser synthesises, so that no file is loaded.

const NOTES = [
  { hertz: 659, start: 0 },
  { hertz: 880, start: 0.11 },
];
const LOUDNESS = 0.12;
const NOTE_SECONDS = 0.28;
/** A burst of messages plays one sound, in one of the tabs. Milliseconds. */
const QUIET = 1_500;

/** Plays the sound, but only after the user has clicked or pressed a key in the page. */
export class MessageSound {
  private audio: AudioContext | null = null;
  private lastAt = Number.NEGATIVE_INFINITY;

  /** Wait for the first input in the page. Browsers block sound before it. */
  arm(page: Document): void {
    const wake = () => {
      page.removeEventListener("pointerdown", wake);
      page.removeEventListener("keydown", wake);
      this.audio = openAudio();
    };
    page.addEventListener("pointerdown", wake);
    page.addEventListener("keydown", wake);
  }

  play(): void {
    const audio = this.audio;
    if (!audio || performance.now() - this.lastAt < QUIET) return;
    this.lastAt = performance.now();
    onlyInOneTab(() => {
      // Without an audio device this waits until the page is left, and Firefox then rejects it.
      audio.resume().catch(() => undefined);
      for (const note of NOTES) playNote(audio, note.hertz, audio.currentTime + note.start);
    });
  }
}

function openAudio(): AudioContext | null {
  try {
    return new AudioContext();
  } catch {
    return null; // The browser has no sound. The title and the list still show the message.
  }
}

function playNote(audio: AudioContext, hertz: number, start: number): void {
  const tone = audio.createOscillator();
  const loudness = audio.createGain();
  tone.frequency.value = hertz;
  loudness.gain.setValueAtTime(0, start);
  loudness.gain.linearRampToValueAtTime(LOUDNESS, start + 0.015);
  loudness.gain.exponentialRampToValueAtTime(0.0001, start + NOTE_SECONDS);
  tone.connect(loudness).connect(audio.destination);
  tone.start(start);
  tone.stop(start + NOTE_SECONDS);
}

function onlyInOneTab(play: () => void): void {
  const locks: LockManager | undefined = navigator.locks;
  if (!locks) {
    play();
    return;
  }
  const hold = async (lock: Lock | null) => {
    if (!lock) return;
    play();
    await new Promise((resolve) => setTimeout(resolve, QUIET));
  };
  locks.request("crumbless.sound", { ifAvailable: true }, hold).catch(play);
}

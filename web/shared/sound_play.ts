// The sound of a new message: two soft notes made by the browser, so that no file has to be loaded.

const NOTES = [
  { hertz: 659, start: 0 },
  { hertz: 880, start: 0.11 },
];
const LOUDNESS = 0.12;
const NOTE_SECONDS = 0.28;
/** One sound for a burst of messages, and one tab of many that makes it. Milliseconds. */
const QUIET = 1_500;

/** Plays the sound; does nothing before the person has clicked or pressed a key in the page. */
export class MessageSound {
  private audio: AudioContext | null = null;
  private lastAt = Number.NEGATIVE_INFINITY;

  /** Waits for the first act in the page: browsers forbid sound before, and people dislike it. */
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
      // Without an audio device it waits until the page is left, and Firefox then rejects it.
      audio.resume().catch(() => undefined);
      for (const note of NOTES) playNote(audio, note.hertz, audio.currentTime + note.start);
    });
  }
}

function openAudio(): AudioContext | null {
  try {
    return new AudioContext();
  } catch {
    return null; // A browser without sound: the title and the list still tell.
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

function onlyInOneTab(act: () => void): void {
  const locks: LockManager | undefined = navigator.locks;
  if (!locks) {
    act();
    return;
  }
  const hold = async (lock: Lock | null) => {
    if (!lock) return;
    act();
    await new Promise((resolve) => setTimeout(resolve, QUIET));
  };
  locks.request("crumbless.sound", { ifAvailable: true }, hold).catch(act);
}

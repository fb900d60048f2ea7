import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import type { PhotoResponse } from "../../wire/file_wire";
import { usePage, usePageWords } from "../core/page_context";
import { ActionStatus, Section } from "../ui/page_parts";
import { useAction } from "../ui/use_action";

/** Side length of the uploaded picture in pixels; the server creates its own sizes. */
const SIDE = 512;

/** The photo that visitors see. It is chosen and cut to a square in the browser before it is sent. */
export function PhotoSection() {
  const { profile: words, saved } = usePageWords();
  const { call, operator, onOperator } = usePage();
  const chooser = useRef<HTMLInputElement>(null);
  const [chosen, setChosen] = useState<ImageBitmap | null>(null);
  const action = useAction();
  const choose = async (file: File | undefined) => {
    if (!file) return;
    const picture = await createImageBitmap(file).catch(() => null);
    setChosen(picture);
    action.say(picture ? "" : words.notAPhoto);
  };
  const send = (body: Blob | null) =>
    action.run(async () => {
      const path = body ? "/v1/desk/me/photo" : "/v1/desk/me/photo/remove";
      const options = body ? { headers: { "Content-Type": body.type } } : {};
      onOperator(await call.post<PhotoResponse>(path, body ?? {}, options));
      setChosen(null);
    }, saved);
  return (
    <Section title={words.photo} lead={words.photoHint}>
      {chosen ? (
        <Crop picture={chosen} busy={action.busy} onUse={(body) => void send(body)} onCancel={() => setChosen(null)} />
      ) : (
        <>
          {operator.photo && <img class="photo" src={operator.photo} alt={words.photo} width={96} height={96} />}
          <div class="form-buttons">
            <input
              ref={chooser}
              class="hidden"
              type="file"
              accept="image/jpeg,image/png,image/webp"
              tabIndex={-1}
              aria-label={words.choosePhoto}
              onChange={(event) => {
                void choose(event.currentTarget.files?.[0]);
                event.currentTarget.value = "";
              }}
            />
            <Button onClick={() => chooser.current?.click()}>{words.choosePhoto}</Button>
            {operator.photo && (
              <Button busy={action.busy} onClick={() => void send(null)}>
                {words.removePhoto}
              </Button>
            )}
          </div>
        </>
      )}
      <ActionStatus action={action} />
    </Section>
  );
}

interface CropProperties {
  readonly picture: ImageBitmap;
  readonly busy: boolean;
  readonly onUse: (made: Blob) => void;
  readonly onCancel: () => void;
}

function Crop({ picture, busy, onUse, onCancel }: CropProperties) {
  const { profile: words, cancel } = usePageWords();
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (canvas.current) drawSquare(canvas.current, picture);
  }, [picture]);
  return (
    <>
      <canvas ref={canvas} class="photo" width={SIDE} height={SIDE} role="img" aria-label={words.photoPreview} />
      <div class="form-buttons">
        <Button
          kind="primary"
          busy={busy}
          onClick={() => canvas.current?.toBlob((made) => made && onUse(made), "image/webp", 0.9)}
        >
          {words.usePhoto}
        </Button>
        <Button onClick={onCancel}>{cancel}</Button>
      </div>
    </>
  );
}

/** Draw the middle of a picture as a square. */
function drawSquare(canvas: HTMLCanvasElement, picture: ImageBitmap): void {
  const side = Math.min(picture.width, picture.height);
  const [x, y] = [(picture.width - side) / 2, (picture.height - side) / 2];
  canvas.getContext("2d")?.drawImage(picture, x, y, side, side, 0, 0, SIDE, SIDE);
}

import type { Camera, Size } from "./draw/camera.ts";
import { written } from "./seen.ts";

const SETTLED_MS = 400;

/** What a person has turned the map to (`seen.ts`), as the address is to say it. */
export class Sight {
  /** What is to be seen; null: everything. */
  seen: string | null = null;
  readonly #say: (seen: string | null) => void;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #moving = false;

  constructor(say: (seen: string | null) => void) {
    this.#say = say;
  }

  /** Whether everything is seen: nobody has moved the camera. */
  get all(): boolean {
    return this.seen === null && !this.#moving;
  }

  /** A hand has moved the camera: once it rests, the address says where. */
  moved(camera: Camera, view: Size): void {
    this.stop();
    this.#moving = true;
    this.#settling = setTimeout(() => this.tell(written(camera, view)), SETTLED_MS);
  }

  tell(seen: string | null): void {
    this.stop();
    this.seen = seen;
    this.#say(seen);
  }

  stop(): void {
    this.#moving = false;
    clearTimeout(this.#settling);
  }
}

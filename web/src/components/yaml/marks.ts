import { StateEffect, StateField, type Text } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, WidgetType } from "@codemirror/view";

/** What is said beside a line, which counts from 1. */
export interface Mark {
  line: number;
  text: string;
  tone: "fault" | "warning";
}

export const setMarks = StateEffect.define<readonly Mark[]>();

/** The marks of a document; they move with their lines until new ones come. */
export const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(drawn, transaction) {
    const moved = drawn.map(transaction.changes);
    const set = transaction.effects.filter((effect) => effect.is(setMarks)).at(-1);
    return set ? drawnOf(set.value, transaction.state.doc) : moved;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function drawnOf(all: readonly Mark[], doc: Text): DecorationSet {
  const ranges = all.flatMap((mark) => {
    const line = doc.line(Math.min(Math.max(1, mark.line), doc.lines));
    const whole = Decoration.line({ class: `cm-${mark.tone}` }).range(line.from);
    return [whole, Decoration.widget({ widget: new Said(mark), side: 1 }).range(line.to)];
  });
  return Decoration.set(ranges, true);
}

/** The words of a mark after the end of its line. They are also in a list for screen readers. */
class Said extends WidgetType {
  readonly #mark: Mark;

  constructor(mark: Mark) {
    super();
    this.#mark = mark;
  }

  override eq(other: Said): boolean {
    return other.#mark.text === this.#mark.text && other.#mark.tone === this.#mark.tone;
  }

  override toDOM(): HTMLElement {
    const said = document.createElement("span");
    said.className = `cm-said cm-said-${this.#mark.tone}`;
    said.textContent = this.#mark.text;
    said.ariaHidden = "true";
    return said;
  }
}

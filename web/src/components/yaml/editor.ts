import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yamlLanguage } from "@codemirror/lang-yaml";
import { HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { changeBetween } from "./change.ts";
import { type Mark, marks, setMarks } from "./marks.ts";

interface Options {
  text: string;
  label: string;
  /** What happens when a person has changed the text. */
  typed: (text: string) => void;
}

/**
 * An editor of YAML within an element. It lies in a shadow root: there CodeMirror adopts style
 * sheets, where in a page it would write styles into it, which the policy of the pages forbids.
 */
export class Editor {
  readonly #view: EditorView;

  constructor(host: HTMLElement, { text, label, typed }: Options) {
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    const changed = EditorView.updateListener.of((update) => {
      if (update.docChanged) typed(update.state.doc.toString());
    });
    const extensions = [
      lineNumbers(),
      history(),
      indentOnInput(),
      yamlLanguage,
      syntaxHighlighting(COLOURS),
      keymap.of([...defaultKeymap, ...historyKeymap]), // Tab leaves the editor, as it does any field
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
      marks,
      THEME,
      changed,
    ];
    const state = EditorState.create({ doc: text, extensions });
    this.#view = new EditorView({ state, parent: root, root });
  }

  /** Shows another text, if it is another one; the cursor stays where it was. */
  show(text: string): void {
    const now = this.#view.state.doc.toString();
    if (now !== text) this.#view.dispatch({ changes: changeBetween(now, text) });
  }

  mark(all: readonly Mark[]): void {
    this.#view.dispatch({ effects: setMarks.of(all) });
  }

  /** Puts the cursor at the end of a line and shows it. */
  goTo(number: number): void {
    const { doc } = this.#view.state;
    const { to } = doc.line(Math.min(Math.max(1, number), doc.lines));
    this.#view.dispatch({ selection: { anchor: to }, scrollIntoView: true });
    this.#view.focus();
  }

  close(): void {
    this.#view.destroy();
  }
}

const COLOURS = HighlightStyle.define([
  { tag: tags.comment, color: "var(--ink-soft)", fontStyle: "italic" },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: tags.string, color: "var(--ink)" },
  { tag: [tags.keyword, tags.meta, tags.typeName, tags.labelName], color: "var(--kind-merge)" },
  {
    tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace],
    color: "var(--ink-soft)",
  },
]);

const THEME = EditorView.theme({
  "&": {
    color: "var(--ink)",
    backgroundColor: "var(--sunken)",
    minHeight: "16rem",
    maxHeight: "70dvh",
  },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": {
    font: "0.9em / var(--line-height) var(--mono)",
    overflow: "auto",
  },
  ".cm-content, .cm-gutter": { minHeight: "16rem" },
  ".cm-content": { caretColor: "var(--ink)", padding: "var(--space-2) 0" },
  ".cm-gutters": {
    color: "var(--ink-soft)",
    backgroundColor: "var(--surface)",
    borderRight: "1px solid var(--line)",
  },
  ".cm-line": { padding: "0 var(--space-3)" },
  ".cm-fault": { backgroundColor: "var(--bad-ground)" },
  ".cm-warning": { backgroundColor: "var(--accent-ground)" },
  ".cm-said": { marginLeft: "2ch", fontFamily: "var(--font)", fontSize: "var(--text-small)" },
  ".cm-said-fault": { color: "var(--bad)" },
  ".cm-said-warning": { color: "var(--ink-soft)" },
});

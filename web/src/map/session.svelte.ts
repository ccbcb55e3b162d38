import { address } from "../app/address.svelte.ts";
import { isMissing } from "../hub/failures.ts";
import { filterCount } from "./controls/filters.ts";
import { kindsOf } from "./controls/kinds.ts";
import { Graph } from "./graph.ts";
import { Reading } from "./reading.svelte.ts";
import {
  addressOf,
  KINDS_OF_MODELS,
  type Kind,
  type MapState,
  questionOf,
  readState,
} from "./state.ts";
import { shownOf } from "./visible.ts";

/** What the page of the map shows: its state, which the address has, and the graph. */
export class MapSession {
  readonly state: MapState = $derived(readState(address.query));
  /** The shortest path that was found between two models, from one end to the other. */
  found = $state.raw<readonly string[]>([]);
  /** Whether the next model that is pressed is the other end of a path. */
  picking = $state(false);
  /** The node that a person has just chosen beside the map, which is to be in view. */
  sought = $state.raw<{ node: number } | null>(null);
  /** The name of the panel's model, which need not be on the map. */
  named = $state.raw({ id: "", name: "" });
  readonly #question = $derived(JSON.stringify([questionOf(this.state), this.state.open]));
  /** Whether the last thing that a person did has left a way back. */
  #stepped = false;
  readonly #filtered = $derived(filterCount(this.state) > 0);

  readonly #reading = new Reading(
    () => this.#question,
    () => this.path,
  );
  readonly loading = $derived(this.#reading.loading);
  readonly failure = $derived(this.#reading.failure);
  readonly graph = $derived.by(() => {
    const { answer } = this.#reading;
    return answer && new Graph(answer, !this.#filtered);
  });

  // Of a state only what they need, so that a camera that moves changes none of them.
  readonly colour = $derived(this.state.colour);
  readonly #least = $derived(this.state.least);
  readonly #path = $derived(this.#pathOf(this.state).join("\n"));
  readonly selected = $derived(this.#index(this.state.model));
  readonly target = $derived(this.#index(this.state.to));

  /** The kinds of the legend: those of the last graph that was not filtered by kind, or else all. */
  readonly kinds = $derived.by(() => {
    if (this.graph && !this.state.kind.length) this.#kinds = kindsOf(this.graph);
    return this.#kinds;
  });
  #kinds: readonly Kind[] = KINDS_OF_MODELS;

  /** The models of the path that is shown, from one end to the other. */
  readonly path = $derived(this.#path ? this.#path.split("\n") : []);

  /** A byte per node and cluster: whether it is to be shown. */
  readonly visible = $derived.by(() => {
    const { graph } = this;
    if (!graph) return new Uint8Array();
    const on = this.path.map((id) => graph.indexOf(id));
    const kept = new Set([graph.focus, this.selected, this.target, ...on]);
    return shownOf(graph, this.#least / 100, kept);
  });

  /** What the graph answers, with the path that joined it. */
  readonly answered = $derived(
    `${this.#reading.question} ${this.#reading.joined ? this.#path : ""}`,
  );

  /** What is seen of the graph; undefined as long as the graph of the state is not here. */
  readonly seen = $derived(
    this.graph && this.graph.answer.focus === this.state.focus ? this.state.seen : undefined,
  );

  /** Whether there is no model as the focus of this address. */
  readonly lost = $derived(this.state.focus !== null && isMissing(this.failure));

  /** What the window's title says: the model of the panel, or the ends of a path. */
  readonly title = $derived.by(() => {
    const { model, focus, to } = this.state;
    const [one, other] = [this.nameOf(model ?? focus), this.nameOf(to)];
    return one && other ? `${one} to ${other}` : one;
  });

  /** Goes to another state. A way back leads to this one, unless `replace`. */
  go(change: Partial<MapState>, { replace = false } = {}): void {
    this.sought = null;
    const moved = address.go(addressOf({ ...this.state, ...change }), { replace });
    if (!replace) this.#stepped = moved;
  }

  /** Makes another model the middle of the map. */
  focus(id: string | null, { replace = false } = {}): void {
    const rest = { to: null, via: [], open: [], siblings: null, seen: null };
    this.go({ focus: id, model: id, ...rest }, { replace });
  }

  /** Focuses on a model that was pressed twice. A way back leads to before the first press. */
  focusPressed(id: string): void {
    this.focus(id, { replace: this.#stepped });
  }

  /** Selects a model, and shows those of its neighbours around a focus that are not on the map. */
  select(id: string): void {
    const { focus, open } = this.state;
    const index = this.#index(id);
    const opens = focus !== null && index !== null && this.graph?.hiddenOf(index);
    const more = opens && !open.includes(id) ? { open: [...open, id] } : {};
    this.go({ model: id, to: null, via: [], siblings: null, ...more });
    this.#seek(index);
  }

  /** Shows the neighbours of a model that are not on the map. */
  open(id: string): void {
    this.go({ open: [...this.state.open, id] });
    this.#seek(this.#index(id));
  }

  /** Shows no longer what a model has added. */
  close(id: string): void {
    this.go({ open: this.state.open.filter((each) => each !== id) });
  }

  /** Picks the other end of a path from the model of the panel. */
  pick(to: string): void {
    this.picking = false;
    this.go({ model: this.state.model ?? this.state.focus, to, via: [], seen: null });
  }

  /** Shows a path from one model to another, both of which are then picked. */
  showPath(path: readonly { id: string }[]): void {
    const [first, last] = [path[0], path.at(-1)];
    const via = path.slice(1, -1).map(({ id }) => id);
    if (first && last) this.go({ model: first.id, to: last.id, via, seen: null });
  }

  retry(): void {
    this.#reading.again();
  }

  #seek(node: number | null): void {
    this.sought = node === null ? null : { node };
  }

  #pathOf({ model, focus, to, via }: MapState): readonly string[] {
    const from = model ?? focus;
    return from && to && via.length ? [from, ...via, to] : this.found;
  }

  /** The name of a model of the map or of the panel; empty for any other. */
  nameOf(id: string | null): string {
    if (id === null) return "";
    const index = this.#index(id);
    if (index !== null) return this.graph?.model(index).name ?? "";
    return this.named.id === id ? this.named.name : "";
  }

  #index(id: string | null): number | null {
    return id === null ? null : (this.graph?.indexOf(id) ?? null);
  }
}

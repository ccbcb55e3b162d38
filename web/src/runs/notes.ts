/** What the hub said when runs were submitted or retried in this window, for their pages. */
const said = new Map<string, readonly string[]>();

export function keepNotes(run: { id: string; notes: readonly string[] }): void {
  said.set(run.id, run.notes);
}

export function notesOf(run: string): readonly string[] {
  return said.get(run) ?? [];
}

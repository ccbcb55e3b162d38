/** The names in a text that separates them by commas or spaces, each once. */
export function namesIn(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter(Boolean))];
}

/** The same text with a name added, or without it if it has it. */
export function toggled(text: string, name: string): string {
  const names = namesIn(text);
  const rest = names.filter((each) => each !== name);
  return (rest.length < names.length ? rest : [...names, name]).join(", ");
}

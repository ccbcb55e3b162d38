/** Saves a text as a file of the person who looks. */
export function save(name: string, text: string, type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href)); // once the browser has begun to read it
}

/** The name of a file: what it shows, in small letters and without what systems do not allow. */
export function fileName(what: string, ending: string): string {
  const plain = what.toLowerCase().replaceAll(/[^a-z0-9.]+/g, "-");
  return `${plain.replaceAll(/^[-.]+|[-.]+$/g, "") || "mergehub"}.${ending}`;
}

/** The address of a model on the map. */
export function mapAddress(id: string): string {
  return `/map?${new URLSearchParams({ focus: id })}`;
}

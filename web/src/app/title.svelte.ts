/** What a page shows at the moment, such as a model's name; the window's title begins with it. */
export const title = $state({ shown: "" });

/** Lets the window's title begin with a text, as long as the component that says so is there. */
export function entitle(text: () => string): void {
  $effect(() => {
    title.shown = text();
    return () => {
      title.shown = "";
    };
  });
}

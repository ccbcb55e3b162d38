/** What a page shows at the moment, such as a model's name; the window's title begins with it. */
export const title = $state({ shown: "" });

/** What a picture looks like, and is told by the page's styles. */
const KEPT = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-linecap",
  "stroke-dasharray",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
  "dominant-baseline",
] as const;
const UNSEEN = ".unsaved";

/** A picture of a page as a file of its own, which looks the same without the page's styles. */
export function standalone(picture: SVGSVGElement, title: string): string {
  const copy = picture.cloneNode(true) as SVGSVGElement;
  const [shown, copied] = [elementsOf(picture), elementsOf(copy)];
  for (const [at, element] of shown.entries()) dress(copied[at] as SVGElement, element);
  for (const element of copy.querySelectorAll(UNSEEN)) element.remove();
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.prepend(groundOf(picture));
  copy.prepend(titled(title));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(copy)}\n`;
}

function elementsOf(picture: SVGSVGElement): Element[] {
  return [picture, ...picture.querySelectorAll("*")];
}

function dress(copy: SVGElement, shown: Element): void {
  const style = getComputedStyle(shown);
  for (const name of KEPT) copy.setAttribute(name, style.getPropertyValue(name));
  for (const name of ["class", "style", "tabindex", "role"]) copy.removeAttribute(name);
}

/** The page's ground, so that a picture made in the dark can be read on white. */
function groundOf(picture: SVGSVGElement): SVGElement {
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const ends = { width: "100%", height: "100%" };
  for (const [name, value] of Object.entries(ends)) ground.setAttribute(name, value);
  ground.setAttribute("fill", getComputedStyle(picture).backgroundColor);
  return ground;
}

function titled(text: string): SVGElement {
  const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
  title.textContent = text;
  return title;
}

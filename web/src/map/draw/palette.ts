import type { Palette, Rgb } from "./painter.ts";

/** The colours of the theme that the page has now, by the names of their tokens. */
export function paletteOf(element: HTMLElement, tokens: readonly string[]): Palette {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  const read = (token: string): Rgb => {
    probe.style.color = `var(--${token})`;
    return rgb(getComputedStyle(probe).color);
  };
  const palette = {
    ground: read("ground"),
    edge: read("ink-soft"),
    colours: tokens.map(read),
  };
  probe.remove();
  return palette;
}

function rgb(text: string): Rgb {
  const [red = 0, green = 0, blue = 0] = text.match(/[\d.]+/g)?.map(Number) ?? [];
  return [red / 255, green / 255, blue / 255];
}

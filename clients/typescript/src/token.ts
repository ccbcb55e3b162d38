/** The token in a text that somebody pasted, without white space around it. */
export function readToken(text: string): string {
  const token = text.trim();
  if (!/^[!-~]+$/.test(token)) {
    throw new TypeError(
      "That cannot be a token: it is empty, or it has white space or a character outside of ASCII in it.",
    );
  }
  return token;
}

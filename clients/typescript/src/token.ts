/** Returns the token in a pasted text, without white space around it. */
export function readToken(text: string): string {
  const token = text.trim();
  if (!/^[!-~]+$/.test(token)) {
    throw new TypeError(
      "This cannot be a token: it is empty or contains white space or a character outside ASCII.",
    );
  }
  return token;
}

import { createParser } from "eventsource-parser";

/** Yields the data of each server-sent event of a stream, and `null` for each sign of life. */
export async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<string | null> {
  const told: (string | null)[] = [];
  const parser = createParser({
    onEvent: ({ data }) => told.push(data),
    onComment: () => told.push(null),
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* told.splice(0);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

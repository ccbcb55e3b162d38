const NUMBER = new Intl.NumberFormat("en");
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** A whole number with separators, as in `12,345`. */
export function count(number: number): string {
  return NUMBER.format(number);
}

/** A large number in a few characters, as in `7.2B`. */
export function short(number: number): string {
  return SHORT.format(number);
}

const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

/** A share, as in `12.5%`. */
export function percent(share: number): string {
  return PERCENT.format(share);
}

/** A number of things, as in `1 model` and `12,345 models`. */
export function many(number: number, one: string, several = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : several}`;
}

/** The day of a time of the hub, as in `2026-11-30`. */
export function day(time: string): string {
  return time.slice(0, 10);
}

/** The minute of a time of the hub, as in `2026-11-30 07:05 UTC`. */
export function minute(time: string): string {
  return `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

const POINTS = { maximumFractionDigits: 1, minimumFractionDigits: 1 };
const PLAIN = new Intl.NumberFormat("en", POINTS);
const SIGNED = new Intl.NumberFormat("en", { ...POINTS, signDisplay: "exceptZero" });

/** A score, as in `61.5`; or how much of one was gained, as in `+8.7`. */
export function points(value: number, gained = false): string {
  return (gained ? SIGNED : PLAIN).format(value);
}

/** The interval of a value, as in `61.2 to 63.8`, if its error is known. */
export function intervalOf(
  { low, high }: { low: number | null; high: number | null },
  gained = false,
): string | undefined {
  if (low === null || high === null) return undefined;
  return `${points(low, gained)} to ${points(high, gained)}`;
}

const AGE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const SPANS: readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** How long ago a time of the hub was, as in `3 days ago`. */
export function age(time: string, now = Date.now()): string {
  const seconds = Math.max(0, (now - Date.parse(time)) / 1000);
  const span = SPANS.find(([, length]) => seconds >= length);
  return span ? AGE.format(-Math.floor(seconds / span[1]), span[0]) : "just now";
}

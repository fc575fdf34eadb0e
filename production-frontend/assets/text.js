// Numbers and times as the server writes them, in the language of the page.

const LANGUAGE = document.documentElement.lang;
const isPortuguese = LANGUAGE === "pt-BR";

const decimals = (digits) => new Intl.NumberFormat(LANGUAGE, { minimumFractionDigits: digits, maximumFractionDigits: digits });
const [WHOLE, TENTHS, HUNDREDTHS] = [0, 1, 2].map(decimals);
const SHORT = new Intl.NumberFormat(LANGUAGE, { notation: "compact" });

/** `1234567` as `1.234.567` or `1,234,567`. */
export const number = (number) => WHOLE.format(number);

/** What `number` wrote; `null` where no number stands. */
export function numberIn(text) {
  const digits = text.replace(/\D/g, "");
  return digits === "" ? null : Number(digits);
}

/** `1500000` as `1,5 mi` or `1.5M`. */
export const short = (number) => SHORT.format(number);

/** `33.3` with both its decimals, as `33,30` or `33.30`. */
export const hundredths = (number) => HUNDREDTHS.format(number);

/** `33.3` as `33,30 %` or `33.30%`. */
export const percent = (number) => `${hundredths(number)}${isPortuguese ? "\u00a0" : ""}%`;

/** `1570` milliseconds as `1,5 s` or `1.5 s`. */
export const seconds = (millis) => `${TENTHS.format(Math.floor(millis / 100) / 10)} s`;

/** Writes instants, in milliseconds since the Unix epoch, as times of day in `zone`. */
export function clock(zone, parts) {
  const format = new Intl.DateTimeFormat(LANGUAGE, { timeZone: zone, hourCycle: "h23", ...parts });
  return (millis) => format.format(millis);
}

/** Writes instants, in milliseconds since the Unix epoch, as days in `zone`: `21/11` or `Nov 21`. */
export const day = (zone) => clock(zone, isPortuguese ? { day: "2-digit", month: "2-digit" } : { day: "numeric", month: "short" });

// Numbers and times as the server writes them.

const NUMBER = new Intl.NumberFormat("pt-BR");

/** `1234567` as `1.234.567`. */
export const number = (number) => NUMBER.format(number);

/** `1` as `1 voto`. */
export const votes = (count) => `${number(count)} ${count === 1 ? "voto" : "votos"}`;

/** `33.3` with both its decimals, as `33,30`. */
export const hundredths = (number) => number.toFixed(2).replace(".", ",");

/** `1500` milliseconds as `1,5 s`. */
export const seconds = (millis) => `${number(Math.floor(millis / 1000))},${Math.floor((millis % 1000) / 100)} s`;

/** Writes instants, in milliseconds since the Unix epoch, as times of day in `zone`. */
export function clock(zone, parts) {
  const format = new Intl.DateTimeFormat("pt-BR", { timeZone: zone, hourCycle: "h23", ...parts });
  return (millis) => format.format(millis).replace(",", "");
}

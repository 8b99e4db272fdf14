/** How long ago, for people: `8 s`, `2 min`, `3 h 12 min`, `5 d 2 h`. A clock that runs behind counts as now. */
export function ageText(sinceIso: string, nowMs: number): string {
  return secondsText(Math.max(0, Math.floor((nowMs - Date.parse(sinceIso)) / 1000)));
}

/** A length of time in whole seconds, the same way. */
export function secondsText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes === 0) return `${seconds} s`;
  if (hours === 0) return `${minutes} min`;
  if (hours < 24) return twoUnits(hours, "h", minutes % 60, "min");
  return twoUnits(Math.floor(hours / 24), "d", hours % 24, "h");
}

const twoUnits = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;

/** The local wall clock, to the millisecond: `2026-01-01 14:03:22.123`. */
export function localTimeText(iso: string): string {
  const at = new Date(iso);
  const pad = (value: number, length = 2) => String(value).padStart(length, "0");
  const date = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return `${date} ${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}.${pad(at.getMilliseconds(), 3)}`;
}

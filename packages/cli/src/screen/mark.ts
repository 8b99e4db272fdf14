import type { Admin, Health, Role } from "@vipair/model";
import type picocolors from "picocolors";

/** Colours; each function leaves the text alone where colours are off. */
export type Paint = Pick<ReturnType<typeof picocolors.createColors>, "bold" | "dim" | "green" | "yellow" | "red">;

/** A glyph and a word for each state; colour only underlines what they say. */
export function roleMark(role: Role, paint: Paint): string {
  switch (role) {
    case "active":
      return paint.green("● active");
    case "backup":
      return "○ backup";
    case "initialize":
      return paint.yellow("◌ initialize");
  }
}

export function healthMark(health: Health, paint: Paint): string {
  switch (health) {
    case "up":
      return paint.green("✔ up");
    case "down":
      return paint.red("✘ down");
    case "unknown":
      return paint.yellow("? unknown");
  }
}

export function adminMark(admin: Admin, paint: Paint): string {
  switch (admin) {
    case "enabled":
      return "enabled";
    case "draining":
      return paint.yellow("draining");
    case "disabled":
      return paint.red("disabled");
  }
}

/** `✔` or `✘` in front of what is, or is not, as it should be. */
export const goodMark = (good: boolean, text: string, paint: Paint): string =>
  good ? `${paint.green("✔")} ${text}` : paint.red(`✘ ${text}`);

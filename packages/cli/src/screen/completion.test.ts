import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { buildProgram } from "../program.js";
import { completionScript } from "./completion.js";

/** What bash would offer at the end of the line; the last word is being typed. */
function complete(...words: string[]): string[] {
  const script = `vipair() { [[ "$*" == "servers --names" ]] && echo owa/ex1 owa/ex2; }
    ${completionScript(buildProgram())}
    COMP_WORDS=(${["vipair", ...words].map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}
    _vipair; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

test("commands, after global options as well", () => {
  expect(complete("fa")).toEqual(["failover"]);
  expect(complete("--json", "dr")).toEqual(["drain"]);
});

test("what a command takes: options, choices, subcommands, servers", () => {
  expect(complete("failover", "--")).toEqual(["--force", "--explain", "--json"]);
  expect(complete("maintenance", "o")).toEqual(["on", "off"]);
  expect(complete("config", "s")).toEqual(["show"]);
  expect(complete("sync", "")).toEqual(["status", "verify", "--json"]);
  expect(complete("connections", "--s")).toEqual(["--service", "--server"]);
  expect(complete("connections", "--server", "owa")).toEqual(["owa/ex1", "owa/ex2"]);
  expect(complete("drain", "owa")).toEqual(["owa/ex1", "owa/ex2"]);
});

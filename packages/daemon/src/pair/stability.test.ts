import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instantOf } from "@vipair/model";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openStability, type Stability } from "./stability.js";

let directory: string;
let file: string;
let now: number;
let boot: string;
const changed = vi.fn<(held: string | undefined) => void>();
const complain = vi.fn<(sentence: string) => void>();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "vipair-stability-"));
  file = join(directory, "run", "lb1.ends.json");
  now = 1_000_000;
  boot = "b1";
  vi.useFakeTimers();
  vi.clearAllMocks();
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
});

/** A daemon that starts; without {@link Stability.stopped} it is as if it had been killed. */
function start(supervised = true): Stability {
  vi.clearAllTimers();
  const stability = openStability({ file, supervised, clock: () => instantOf(now), boot, changed, complain });
  stability.started();
  return stability;
}
const minutes = (count: number): void => {
  now += count * 60_000;
  vi.advanceTimersByTime(count * 60_000);
};
/** The host crashes as a whole, and is up again after 20 s by a clock that begins anew. */
const crash = (name: string): void => {
  boot = name;
  now = 20_000;
};

it("holds a node back whose agent ended three times within five minutes, and says how it is released", () => {
  const stability = start();
  for (let end = 0; end < 2; end++) {
    stability.agentEnded();
    minutes(2);
  }
  expect(stability.held).toBeUndefined();
  expect(stability.tracks()).toEqual([]);
  stability.agentEnded();
  expect(stability.held).toBe(
    "this node ended uncleanly 3 times within 5m and stays standby until `vipair maintenance off`",
  );
  expect(stability.tracks()).toEqual([
    { track: "stability", ok: false, weight: 254, because: "ended uncleanly 3 times within 5m" },
  ]);
  expect(changed.mock.calls).toEqual([[expect.stringMatching(/^this node ended/)]]);
});

it("forgets ends that are older", () => {
  const stability = start();
  for (let end = 0; end < 10; end++) {
    stability.agentEnded();
    minutes(2.6);
  }
  expect(stability.held).toBeUndefined();
});

it("counts a daemon that a service manager had to start again, and remembers all across starts", () => {
  start().agentEnded();
  start();
  expect(complain.mock.calls).toEqual([["the daemon that ran before ended without stopping"]]);
  const third = start();
  expect(third.held).toBeDefined();
  expect(changed.mock.calls).toEqual([[expect.stringMatching(/^this node ended/)]]);
  third.stopped();
  minutes(60);
  const later = start();
  expect(complain).toHaveBeenCalledTimes(2);
  expect(later.held).toBeDefined();
});

it("begins with nothing counted when a human starts the daemon, who may kill it as often as he likes", () => {
  for (let end = 0; end < 10; end++) expect(start(false).held).toBeUndefined();
  expect(complain).not.toHaveBeenCalled();
});

it("counts nothing of daemons that stopped", () => {
  for (let end = 0; end < 10; end++) start().stopped();
  expect(start().held).toBeUndefined();
});

it("is released, and has to end three times more", () => {
  const stability = start();
  for (let end = 0; end < 3; end++) stability.agentEnded();
  stability.release();
  expect(stability.held).toBeUndefined();
  stability.agentEnded();
  stability.agentEnded();
  expect(stability.held).toBeUndefined();
  expect(changed.mock.calls).toEqual([[expect.any(String)], [undefined]]);
  stability.agentEnded();
  expect(stability.held).toBeDefined();
});

it("counts the ends of a host that crashes as a whole, and holds it back until it is released", () => {
  start();
  for (const name of ["b2", "b3"]) {
    minutes(1);
    crash(name);
    expect(start().held).toBeUndefined();
  }
  minutes(1);
  crash("b4");
  const held = start();
  expect(held.held).toBeDefined();
  held.stopped();
  crash("b5");
  expect(start().held).toBeDefined();
});

it("forgets what is old before the host crashes, whatever its clocks say afterwards", () => {
  start();
  for (const name of ["b2", "b3", "b4", "b5", "b6"]) {
    minutes(5.1);
    crash(name);
    expect(start().held).toBeUndefined();
  }
});

it("takes an end of another boot for as old as it was, not for one of this boot's clock", () => {
  start().agentEnded();
  crash("b2");
  const stability = start();
  minutes(5.1);
  stability.agentEnded();
  stability.agentEnded();
  expect(stability.held).toBeUndefined();
});

it("counts nothing of a host that was shut down", () => {
  for (const name of ["b2", "b3", "b4", "b5"]) {
    start().stopped();
    crash(name);
  }
  expect(start().held).toBeUndefined();
  expect(complain).not.toHaveBeenCalled();
});

it.each(["", "{", "[]", '{"ends":["x"],"held":true,"running":true,"at":1,"boot":"b1"}'])(
  "takes a file of %j for none",
  (text) => {
    start().stopped();
    writeFileSync(file, text);
    expect(start().held).toBeUndefined();
  },
);

it("goes on, and says so, when nothing can be written", () => {
  writeFileSync(join(directory, "run"), "a file where the directory should be");
  const stability = start();
  for (let end = 0; end < 3; end++) stability.agentEnded();
  expect(stability.held).toBeDefined();
  expect(complain.mock.calls[0]?.[0]).toMatch(/^that this node ended cannot be remembered: /);
});

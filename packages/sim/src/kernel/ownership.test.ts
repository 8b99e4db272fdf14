import { instantOf, millisOf } from "@vipair/model";
import { beforeEach, describe, expect, it } from "vitest";
import { type KernelCall, SimulatedOwnership } from "./ownership.js";

const addresses = ["198.51.100.10/24", "10.77.2.254/24"];
let now: number;
let refused: KernelCall | undefined;
let announced: string[];
let ownership: SimulatedOwnership;

beforeEach(() => {
  now = 1_000;
  refused = undefined;
  announced = [];
  ownership = new SimulatedOwnership({
    addresses,
    clock: () => instantOf(now),
    refusal: (call) => (call === refused ? "EPERM" : undefined),
    announced: (address) => announced.push(address),
  });
  ownership.open();
});

function own(): void {
  ownership.renewLease(millisOf(250));
  ownership.addAddresses(millisOf(2_000));
}

describe("simulated ownership", () => {
  it("answers for addresses only while a lease lives", () => {
    ownership.addAddresses(millisOf(2_000));
    expect(ownership.heldAddresses()).toEqual(addresses);
    expect(ownership.answers()).toBe(false);
    ownership.renewLease(millisOf(250));
    expect(ownership.answers()).toBe(true);
    now += 250;
    expect(ownership.answers()).toBe(false);
    expect(ownership.passesTraffic()).toBe(false);
  });

  it("lets addresses go when their valid lifetime ends", () => {
    own();
    now += 1_900;
    expect(ownership.heldAddresses()).toEqual(addresses);
    now += 100;
    expect(ownership.heldAddresses()).toEqual([]);
    ownership.renewLease(millisOf(250));
    expect(ownership.answers()).toBe(false);
  });

  it("lets stray frames pass for the linger, without answering", () => {
    own();
    ownership.dropLease(millisOf(1_000));
    expect(ownership.answers()).toBe(false);
    now += 999;
    expect(ownership.passesTraffic()).toBe(true);
    now += 1;
    expect(ownership.passesTraffic()).toBe(false);
    own();
    ownership.dropLease(millisOf(0));
    expect(ownership.passesTraffic()).toBe(false);
  });

  it("ends the lease with the process, keeps the addresses and the fence, and starts clean", () => {
    own();
    ownership.endProcess();
    expect(ownership.answers()).toBe(false);
    expect(ownership.heldAddresses()).toEqual(addresses);
    ownership.open();
    expect(ownership.heldAddresses()).toEqual([]);
  });

  it("returns what the kernel refuses as a value that names operation and errno", () => {
    refused = "lease";
    expect(ownership.renewLease(millisOf(250))).toEqual({ ok: false, error: "renew lease: EPERM" });
    refused = "addresses";
    expect(ownership.addAddresses(millisOf(2_000))).toEqual({ ok: false, error: "add 198.51.100.10/24: EPERM" });
  });

  it("announces what it holds, and answers without lease when the fence is gone", () => {
    own();
    ownership.loseAddress("10.77.2.254/24");
    ownership.announceAddresses();
    expect(announced).toEqual(["198.51.100.10/24"]);
    ownership.close();
    expect(ownership.answers()).toBe(false);
    ownership.addAddresses(millisOf(2_000));
    expect(ownership.answers()).toBe(true);
  });
});

import { type BalancedService, millisOf, parseEndpoint } from "@vipair/model";
import { expect, it, vi } from "vitest";
import { openBalanceLoop } from "./loop.js";

function service(name: string): BalancedService {
  const address = parseEndpoint("10.0.0.1:80");
  if (address === undefined) throw new Error("no endpoint");
  return {
    kind: "balanced",
    name,
    listen: address,
    mode: "nat",
    scheduler: "roundRobin",
    persistence: undefined,
    health: [{ type: "tcp", port: undefined }],
    interval: millisOf(3_600_000),
    timeout: millisOf(1_000),
    rise: 1,
    fall: 1,
    servers: [{ name: "s1", address, weight: 1, maxConnections: undefined }],
    sorry: undefined,
  };
}

it("probes what a reload adds at once, however long the probes before took to start", async () => {
  const probed: string[] = [];
  const loop = openBalanceLoop({
    services: [service("a")],
    spread: 0,
    redirectPort: undefined,
    record: () => undefined,
    perform: (effect) => {
      if (effect.type !== "probe") return;
      probed.push(effect.service);
      const end = performance.now() + 200;
      while (performance.now() < end);
    },
  });
  try {
    await vi.waitFor(() => expect(probed).toEqual(["a"]), { timeout: 5_000 });
    loop.deliver({ type: "servicesReplaced", services: [service("a"), service("b")] });
    await vi.waitFor(() => expect(probed).toEqual(["a", "b"]), { timeout: 5_000 });
  } finally {
    loop.close();
  }
});

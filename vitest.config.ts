import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/{model,heartbeat,balancer,sync,config,replay,probe,agent,daemon,cli}/src/**/*.test.ts"],
          // Some run thousands of cases: a machine that is busy with other things may take its time.
          testTimeout: 30_000,
        },
      },
      { test: { name: "simulation", include: ["packages/sim/src/**/*.test.ts"], testTimeout: 120_000 } },
      {
        test: {
          name: "kernel",
          include: ["packages/kernel/src/**/*.test.ts"],
          testTimeout: 30_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "network",
          include: ["test/**/*.test.ts"],
          setupFiles: ["test/stage/failed.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

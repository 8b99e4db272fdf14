/** Imports go one way; ARCHITECTURE.md, "Rooms", has the picture. */
const pure = "^packages/(model|heartbeat|balancer|sync|config|sim)/src";
/** @param {string} room @param {string[]} allowed */
const only = (room, allowed) => ({
  name: `${room}-imports`,
  comment: `${room} may import only: ${allowed.join(", ") || "nothing of ours"}`,
  severity: "error",
  from: { path: `^packages/${room}/src`, pathNot: "(\\.test\\.ts|\\.fixture\\.ts)$" },
  to: { path: "^packages/([^/]+)/", pathNot: `^packages/(${[room, ...allowed].join("|")})/` },
});

module.exports = {
  forbidden: [
    only("model", []),
    only("heartbeat", ["model"]),
    only("balancer", ["model"]),
    only("sync", ["model"]),
    only("config", ["model"]),
    only("sim", ["model", "heartbeat", "sync"]),
    only("replay", ["model", "heartbeat", "balancer"]),
    only("kernel", ["model"]),
    only("probe", ["model"]),
    only("agent", ["model", "heartbeat", "kernel"]),
    only("daemon", ["model", "agent", "balancer", "config", "kernel", "probe", "sync"]),
    only("cli", ["model", "config"]),
    {
      name: "pure-has-no-node",
      comment: "pure packages have no clock, socket or file to reach for",
      severity: "error",
      from: { path: pure, pathNot: "(\\.test\\.ts|/(document|main)\\.ts)$" },
      to: { dependencyTypes: ["core"] },
    },
    { name: "nothing-imports-test", severity: "error", from: { path: "^packages" }, to: { path: "^test/" } },
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    // Packages import each other by name, which resolves to what they were built to.
    doNotFollow: { path: "(node_modules|/dist/)" },
    exclude: { path: "(node_modules/(?!@vipair)|^test/dist/)" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.test.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "default"] },
  },
};

export * from "./address.js";
export * from "./duration.js";
export * from "./flow.js";
export * from "./ownership.js";
export * from "./pair.js";
export * from "./reason.js";
export * from "./report.js";
export * from "./service.js";

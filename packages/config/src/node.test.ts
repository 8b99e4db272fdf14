import { expect, it } from "vitest";
import { accepted, file } from "../fixtures/marked.js";
import { findNode, findPeer } from "./node.js";

it("finds a node and its peer by name", () => {
  const { config } = accepted(file());
  expect(findNode(config, "lb2")).toMatchObject({ name: "lb2", priority: 100 });
  expect(findPeer(config, "lb2")).toMatchObject({ name: "lb1", priority: 200 });
  expect(findNode(config, "lb3")).toBeUndefined();
  expect(findPeer(config, "lb3")).toBeUndefined();
});

import picocolors from "picocolors";
import { expect, test } from "vitest";
import { exampleTuning } from "../example.fixture.js";
import { tuningLines } from "./tuning.js";

test("each node's settings, then what would be better and how to set it", () => {
  const lines = tuningLines(exampleTuning, picocolors.createColors(false));
  expect(`\n${lines.join("\n")}\n`).toBe(`
lb1  4 processors, 41530 of 65536 connections in 16384 buckets
  eth0: 4 receive queues of 8, interrupts on 4 processors, no packet steering, receive offload on
  eth1: 1 receive queue, packets steered to 1 processor, receive offload off
  ✘ net.netfilter.nf_conntrack_max is 65536, advised 262144: the servers may have 100000 connections (maxConnections)
      sysctl -w net.netfilter.nf_conntrack_max=262144
  ! eth1 receive offload (GRO) is off, advised on: bulk data passes in many small pieces
      ethtool -K eth1 gro on

lb2  1 processor, no connection tracking
  eth0: no network card of this host
  ✔ nothing to set

lb3 has not said anything
`);
});

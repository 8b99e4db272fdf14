import { expect, test } from "vitest";
import { parseWrk } from "./wrk.js";

const text = `Running 2s test @ http://198.51.100.10/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     3.02ms    2.11ms  41.20ms   88.91%
    Req/Sec     8.41k     0.92k   10.02k    70.00%
  Latency Distribution
     50%    2.57ms
     75%    3.55ms
     90%    4.90ms
     99%    812.00us
  16811 requests in 2.01s, 2.45MB read
  Socket errors: connect 1, read 2, write 3, timeout 4
  Non-2xx or 3xx responses: 5
Requests/sec:   8365.21
Transfer/sec:      1.22MB
`;

test("wrk's text is read, with everything that failed", () => {
  expect(parseWrk(text)).toEqual({ perSecond: 8365.21, count: 16811, p99Ms: 0.812, failed: 15 });
});

test("latencies come in three units", () => {
  const p99 = (latency: string): number => parseWrk(text.replace("812.00us", latency)).p99Ms;
  expect([p99("1.29ms"), p99("1.02s"), p99("900.00us")]).toEqual([1.29, 1020, 0.9]);
});

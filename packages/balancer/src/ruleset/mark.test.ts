import { flowMark, flowMarkMask } from "@vipair/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { serviceMark, serviceMarks } from "./mark.js";

describe("serviceMarks", () => {
  it("gives every service a mark of its own, whatever the order of the names", () => {
    const names = fc.uniqueArray(fc.string(), { maxLength: 400 });
    fc.assert(
      fc.property(names, (list) => {
        const marks = serviceMarks(list);
        expect(new Set(marks.values()).size).toBe(list.length);
        for (const mark of marks.values()) expect((mark & flowMarkMask) >>> 0).toBe(flowMark);
        expect(serviceMarks([...list].reverse())).toEqual(marks);
      }),
      { numRuns: 50 },
    );
  });

  it("resolves collisions", () => {
    const names = Array.from({ length: 5_000 }, (_, i) => `service${i}`);
    expect(new Set(serviceMarks(names).values()).size).toBe(5_000);
  });

  it("leaves the others alone when a service is added", () => {
    expect(serviceMark("owa", ["owa"])).toBe(serviceMark("owa", ["dns", "owa", "http"]));
  });

  it("refuses a name that is not there", () => {
    expect(() => serviceMark("owa", [])).toThrow(RangeError);
  });
});

import { type IpAddress, millisOf, type Witness } from "@vipair/model";
import { expect, it, vi } from "vitest";
import { openWitnesses } from "./witness.js";

const witness = (text: string): Witness => ({ address: { family: 4, text }, interface: "eth0" });

it("asks every witness, each once at a time, and tells of every answer", async () => {
  const answers = new Map<string, (answered: boolean) => void>();
  const ask = vi.fn(
    (_name: string, { text }: IpAddress) => new Promise<boolean>((resolve) => answers.set(text, resolve)),
  );
  const reached = vi.fn();
  const askAll = openWitnesses([witness("198.51.100.1"), witness("198.51.100.2")], millisOf(50), reached, ask);
  askAll();
  askAll();
  expect(ask.mock.calls).toEqual([
    ["eth0", { family: 4, text: "198.51.100.1" }, 50],
    ["eth0", { family: 4, text: "198.51.100.2" }, 50],
  ]);
  answers.get("198.51.100.1")?.(false);
  answers.get("198.51.100.2")?.(true);
  await vi.waitFor(() => expect(reached).toHaveBeenCalledOnce());
  askAll();
  expect(ask).toHaveBeenCalledTimes(4);
});

it("takes a refusal of the kernel for no answer, and asks again", async () => {
  const ask = vi.fn().mockRejectedValueOnce(new Error("ENODEV")).mockResolvedValueOnce(true);
  const reached = vi.fn();
  const askAll = openWitnesses([witness("198.51.100.1")], millisOf(50), reached, ask);
  await vi.waitFor(() => {
    askAll();
    expect(reached).toHaveBeenCalledOnce();
  });
});

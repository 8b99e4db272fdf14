import type { NetlinkWriter } from "../netlink/writer.js";

/** One step of a rule: loads something into a register, compares it, or ends the rule. */
export type Expression =
  | { readonly type: "payload"; readonly base: PayloadBase; readonly offset: number; readonly length: number }
  | { readonly type: "meta"; readonly key: keyof typeof metaKeys }
  | { readonly type: "equals"; readonly value: readonly number[] }
  | { readonly type: "inSet"; readonly set: string }
  | { readonly type: "and"; readonly mask: number }
  | { readonly type: "or"; readonly bits: number }
  | { readonly type: "setMark" }
  | { readonly type: "accept" }
  | { readonly type: "drop" };

type PayloadBase = "network" | "transport";

const bases = { network: 1, transport: 2 } as const;
const metaKeys = { mark: 3, iifname: 6, nfproto: 15, l4proto: 16 } as const;
const NFT_REG_VERDICT = 0;
/** Every expression works on this one register of 16 bytes. */
const register = 1;
const verdicts = { drop: 0, accept: 1 } as const;

export function writeExpressions(writer: NetlinkWriter, expressions: readonly Expression[]): void {
  for (const expression of expressions) {
    writer.nest(1, () => {
      writer.attributeString(1, kernelNames[expression.type]);
      writer.nest(2, () => writeExpression(writer, expression));
    });
  }
}

const kernelNames: Readonly<Record<Expression["type"], string>> = {
  payload: "payload",
  meta: "meta",
  equals: "cmp",
  inSet: "lookup",
  and: "bitwise",
  or: "bitwise",
  setMark: "meta",
  accept: "immediate",
  drop: "immediate",
};

function writeExpression(writer: NetlinkWriter, expression: Expression): void {
  switch (expression.type) {
    case "payload":
      writer.attributeBe32(1, register).attributeBe32(2, bases[expression.base]);
      writer.attributeBe32(3, expression.offset).attributeBe32(4, expression.length);
      return;
    case "meta":
      writer.attributeBe32(1, register).attributeBe32(2, metaKeys[expression.key]);
      return;
    case "equals":
      writer.attributeBe32(1, register).attributeBe32(2, 0);
      writer.nest(3, () => writer.attribute(1, Uint8Array.from(expression.value)));
      return;
    case "inSet":
      writer.attributeString(1, expression.set).attributeBe32(2, register);
      return;
    case "and":
      writeBitwise(writer, expression.mask, 0);
      return;
    case "or":
      writeBitwise(writer, ~expression.bits, expression.bits);
      return;
    case "setMark":
      writer.attributeBe32(2, metaKeys.mark).attributeBe32(3, register);
      return;
    case "accept":
    case "drop":
      writer.attributeBe32(1, NFT_REG_VERDICT);
      writer.nest(2, () => writer.nest(2, () => writer.attributeBe32(1, verdicts[expression.type])));
      return;
  }
}

/** `register = (register & mask) ^ xor`, on the packet mark: a number in the byte order of the machine. */
function writeBitwise(writer: NetlinkWriter, mask: number, xor: number): void {
  writer.attributeBe32(1, register).attributeBe32(2, register).attributeBe32(3, 4);
  writer.nest(4, () => writer.attribute(1, nativeU32(mask)));
  writer.nest(5, () => writer.attribute(1, nativeU32(xor)));
}

/** A number as the kernel keeps marks: in the byte order of the machine. */
export function nativeU32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

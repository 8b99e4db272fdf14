import { recordLength } from "@vipair/model";
import { clearWireFlags } from "../record/record.js";
import type { ReplicaEffect } from "./effect.js";

/** Packs records one after the other, in pieces that a kernel takes without a pause to speak of. */
export class Packer {
  count = 0;
  readonly #piece = new Uint8Array(pieceLength);
  readonly #view = new DataView(this.#piece.buffer);
  #length = 0;
  #inPiece = 0;
  #full: Piece[] = [];

  add(view: DataView, offset: number): void {
    const length = recordLength(view, offset);
    if (this.#length + length > pieceLength) this.#cut();
    for (let i = 0; i < length; i += 4) this.#view.setUint32(this.#length + i, view.getUint32(offset + i));
    clearWireFlags(this.#view, this.#length);
    this.#length += length;
    this.#inPiece++;
    this.count++;
  }

  /** Effects on what was packed, none if there is nothing; the packer is empty again. */
  take(type: "removeFlows" | "insertFlows"): readonly ReplicaEffect[] {
    if (this.count === 0) return [];
    this.#cut();
    const pieces = this.#full;
    this.#full = [];
    this.count = 0;
    return pieces.map((piece) => ({ type, ...piece }));
  }

  #cut(): void {
    this.#full.push({ records: this.#piece.slice(0, this.#length), count: this.#inPiece });
    this.#length = 0;
    this.#inPiece = 0;
  }
}

interface Piece {
  readonly records: Uint8Array;
  readonly count: number;
}

const pieceLength = 65_536;

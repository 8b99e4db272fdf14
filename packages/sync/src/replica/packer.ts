import { recordLength } from "@vipair/model";
import { clearWireFlags } from "../record/record.js";

/** Packs records one after the other, in pieces of a bounded length. */
export class Packer {
  count = 0;
  readonly #piece: Uint8Array;
  readonly #view: DataView;
  #length = 0;
  #inPiece = 0;
  #full: Piece[] = [];

  constructor(readonly pieceLength: number) {
    this.#piece = new Uint8Array(pieceLength);
    this.#view = new DataView(this.#piece.buffer);
  }

  add(view: DataView, offset: number): void {
    const length = recordLength(view, offset);
    if (this.#length + length > this.pieceLength) this.#cut();
    for (let i = 0; i < length; i += 4) this.#view.setUint32(this.#length + i, view.getUint32(offset + i));
    clearWireFlags(this.#view, this.#length);
    this.#length += length;
    this.#inPiece++;
    this.count++;
  }

  /** What was packed; the packer is empty again. */
  take(): readonly Piece[] {
    if (this.count === 0) return [];
    this.#cut();
    const pieces = this.#full;
    this.#full = [];
    this.count = 0;
    return pieces;
  }

  #cut(): void {
    this.#full.push({ records: this.#piece.slice(0, this.#length), count: this.#inPiece });
    this.#length = 0;
    this.#inPiece = 0;
  }
}

export interface Piece {
  readonly records: Uint8Array;
  readonly count: number;
}

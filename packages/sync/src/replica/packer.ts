import { clearWireFlags, recordLength } from "../record/layout.js";

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
    this.#piece.set(new Uint8Array(view.buffer, view.byteOffset + offset, length), this.#length);
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

/**
 * One transaction of nftables, spoken in nfnetlink without libnftables: all of it happens or nothing does. The heartbeat
 * agent uses it for the lease and the fence. A renewal takes a fraction of a millisecond whatever else is in the ruleset,
 * because nothing of the ruleset is read first.
 */

import type { Outcome } from "@vipair/model";
import {
  type Answer,
  describeAnswer,
  type NetlinkSocket,
  NLM_F_ACK,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_REQUEST,
} from "../netlink/socket.js";
import type { NetlinkWriter } from "../netlink/writer.js";
import { done, outcomeOf, refused } from "../outcome.js";
import { type Expression, writeExpressions } from "./expression.js";
import { familyNumber, subsystemNftables, type TableFamily, type TableName } from "./table.js";

export interface SetDeclaration {
  readonly name: string;
  /** `timeout`: elements expire. */
  readonly timeout: boolean;
  /** Length of the key in bytes: 4 or 16. */
  readonly keyLength: 4 | 16;
}

export interface ChainDeclaration {
  readonly name: string;
  /** `NF_INET_*` or `NF_ARP_*`. */
  readonly hook: number;
  readonly priority: number;
}

const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;
const NFT_MSG_NEWTABLE = 0;
const NFT_MSG_DELTABLE = 2;
const NFT_MSG_NEWCHAIN = 3;
const NFT_MSG_NEWRULE = 6;
const NFT_MSG_NEWSET = 9;
const NFT_MSG_NEWSETELEM = 12;
const NFT_MSG_DELSETELEM = 14;
const NFT_TABLE_F_OWNER = 2;
const NFT_SET_TIMEOUT = 0x10;
const NFTA_LIST_ELEM = 1;
/** How `nft list` prints keys: `ipv4_addr`, `ipv6_addr`. */
const keyTypes = { 4: 7, 16: 8 } as const;

export class Batch {
  readonly #writer: NetlinkWriter;
  /** What each message does, by sequence number. */
  readonly #subjects = new Map<number, string>();
  /** Where the last message begins, and its sequence number. */
  #last: { readonly start: number; readonly sequence: number } | undefined;
  #setId = 0;

  constructor(readonly socket: NetlinkSocket) {
    this.#writer = socket.writer();
    this.#boundary(NFNL_MSG_BATCH_BEGIN);
  }

  /** Declares the table. With `owner` it belongs to this socket: nobody else can change it, and it dies with the socket. */
  addTable({ family, table }: TableName, owner: boolean): this {
    return this.#message(NFT_MSG_NEWTABLE, NLM_F_CREATE, family, `add table ${family} ${table}`, (writer) => {
      writer.attributeString(1, table).attributeBe32(2, owner ? NFT_TABLE_F_OWNER : 0);
    });
  }

  deleteTable({ family, table }: TableName): this {
    return this.#message(NFT_MSG_DELTABLE, 0, family, `delete table ${family} ${table}`, (writer) => {
      writer.attributeString(1, table);
    });
  }

  addSet({ family, table }: TableName, { name, timeout, keyLength }: SetDeclaration): this {
    return this.#message(NFT_MSG_NEWSET, NLM_F_CREATE, family, `add set ${table} ${name}`, (writer) => {
      writer
        .attributeString(1, table)
        .attributeString(2, name)
        .attributeBe32(3, timeout ? NFT_SET_TIMEOUT : 0);
      writer
        .attributeBe32(4, keyTypes[keyLength])
        .attributeBe32(5, keyLength)
        .attributeBe32(10, ++this.#setId);
    });
  }

  addChain({ family, table }: TableName, { name, hook, priority }: ChainDeclaration): this {
    return this.#message(NFT_MSG_NEWCHAIN, NLM_F_CREATE, family, `add chain ${table} ${name}`, (writer) => {
      writer.attributeString(1, table).attributeString(3, name);
      writer.nest(4, () => writer.attributeBe32(1, hook).attributeBe32(2, priority));
      writer.attributeString(7, "filter");
    });
  }

  addRule({ family, table }: TableName, chain: string, expressions: readonly Expression[]): this {
    const flags = NLM_F_CREATE | NLM_F_APPEND;
    return this.#message(NFT_MSG_NEWRULE, flags, family, `add rule ${table} ${chain}`, (writer) => {
      writer.attributeString(1, table).attributeString(2, chain);
      writer.nest(4, () => writeExpressions(writer, expressions));
    });
  }

  /** @param timeoutMs whole milliseconds; `undefined` for elements that stay */
  addElements(
    { family, table }: TableName,
    set: string,
    keys: readonly Uint8Array[],
    timeoutMs: number | undefined,
  ): this {
    if (keys.length === 0) return this;
    return this.#message(NFT_MSG_NEWSETELEM, NLM_F_CREATE, family, `add element ${table} ${set}`, (writer) => {
      writer.attributeString(1, table).attributeString(2, set);
      writer.nest(3, () => {
        for (const key of keys) {
          writer.nest(NFTA_LIST_ELEM, () => {
            writer.nest(1, () => writer.attribute(1, key));
            if (timeoutMs !== undefined) writer.attributeBe64(4, timeoutMs);
          });
        }
      });
    });
  }

  /** Adds or deletes elements of a set or map; `body` writes the message behind its netlink header. */
  changeElements(
    how: "add" | "delete",
    { table }: TableName,
    set: string,
    body: (writer: NetlinkWriter) => void,
  ): this {
    const [type, flags] = how === "add" ? [NFT_MSG_NEWSETELEM, NLM_F_CREATE] : [NFT_MSG_DELSETELEM, 0];
    return this.#headed(type, flags, `${how} elements ${table} ${set}`, body);
  }

  flushSet({ family, table }: TableName, set: string): this {
    return this.#message(NFT_MSG_DELSETELEM, 0, family, `flush set ${table} ${set}`, (writer) => {
      writer.attributeString(1, table).attributeString(2, set);
    });
  }

  /** Commits; a batch of nothing is done. The outcome names every message that the kernel refused. */
  commit(): Outcome {
    if (this.#last === undefined) return done;
    const answers = this.send();
    const errors = answers.filter(({ code }) => code !== 0);
    if (errors.length > 0) {
      return outcomeOf(errors.map((answer) => describeAnswer(this.#subjects.get(answer.sequence) ?? "commit", answer)));
    }
    if (answers.some(({ sequence }) => sequence === this.#last?.sequence)) return done;
    return refused("commit nftables: no answer from the kernel");
  }

  /**
   * Commits. @returns the kernel's refusals, and its acknowledgement of the last message: every message is done when there
   * is no refusal, and none when there is one. A transaction that fails as a whole is a refusal of none of its messages.
   */
  send(): Answer[] {
    // An answer to each message takes longer to collect than the transaction itself. Refusals come unasked.
    if (this.#last !== undefined) this.#writer.addFlags(this.#last.start, NLM_F_ACK);
    this.#boundary(NFNL_MSG_BATCH_END);
    return this.socket.exchange(this.#writer.written);
  }

  #message(
    type: number,
    flags: number,
    family: TableFamily,
    subject: string,
    body: (writer: NetlinkWriter) => void,
  ): this {
    return this.#headed(type, flags, subject, (writer) => {
      writer.u8(familyNumber[family]).u8(0).be16(0);
      body(writer);
    });
  }

  #headed(type: number, flags: number, subject: string, body: (writer: NetlinkWriter) => void): this {
    const sequence = this.socket.nextSequence();
    this.#subjects.set(sequence, subject);
    this.#last = { start: this.#writer.length, sequence };
    this.#writer.message((subsystemNftables << 8) | type, flags | NLM_F_REQUEST, sequence, () => body(this.#writer));
    return this;
  }

  #boundary(type: number): void {
    const sequence = this.socket.nextSequence();
    this.#writer.message(type, NLM_F_REQUEST, sequence, () => this.#writer.u8(0).u8(0).be16(subsystemNftables));
  }
}

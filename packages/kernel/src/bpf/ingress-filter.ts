import { errno, KernelError } from "../libc/errno.js";
import { type Answer, type NetlinkSocket, NLM_F_CREATE, NLM_F_EXCL } from "../netlink/socket.js";
import type { NetlinkWriter } from "../netlink/writer.js";

const RTM_NEWQDISC = 36;
const RTM_NEWTFILTER = 44;
const RTM_DELTFILTER = 45;
const TCA_KIND = 1;
const TCA_OPTIONS = 2;
const TCA_BPF_FD = 6;
const TCA_BPF_NAME = 7;
const TCA_BPF_FLAGS = 8;
const TCA_BPF_FLAG_ACT_DIRECT = 1;
const TC_H_CLSACT = 0xffff_fff1;
/** `TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)`. */
const ingress = 0xffff_fff2;
/** The place of our filter among others, "VP"; in the lower half all protocols, in network byte order. */
const place = (0x5650 << 16) | 0x0300;
const handle = 1;

/** By a filter of tc, where none of ours is. It stays when the process ends. tc-bpf(8). @throws KernelError */
export function attachFilter(routes: NetlinkSocket, interfaceIndex: number, program: number, name: string): void {
  const made = routes.request(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, (writer) => {
    writeHeader(writer, interfaceIndex, 0xffff_0000, TC_H_CLSACT, 0);
    writer.attributeString(TCA_KIND, "clsact");
  });
  refuse(made, `add qdisc clsact to interface ${interfaceIndex}`, errno.EEXIST);
  const added = routes.request(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, (writer) => {
    writeHeader(writer, interfaceIndex, handle, ingress, place);
    writer.attributeString(TCA_KIND, "bpf");
    writer.nest(TCA_OPTIONS, () => {
      writer
        .attributeU32(TCA_BPF_FD, program)
        .attributeString(TCA_BPF_NAME, name)
        .attributeU32(TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
    });
  });
  refuse(added, `add filter ${name} to interface ${interfaceIndex}`);
}

/** If there is one. */
export function detachFilter(routes: NetlinkSocket, interfaceIndex: number): void {
  routes.request(RTM_DELTFILTER, 0, (writer) => {
    writeHeader(writer, interfaceIndex, handle, ingress, place);
    writer.attributeString(TCA_KIND, "bpf");
  });
}

/** `struct tcmsg`. */
function writeHeader(writer: NetlinkWriter, interfaceIndex: number, own: number, parent: number, info: number): void {
  writer.u32(0).u32(interfaceIndex).u32(own).u32(parent).u32(info);
}

function refuse(answer: Answer | undefined, what: string, accepted?: number): void {
  const code = answer?.code ?? errno.EAGAIN;
  if (code !== 0 && code !== accepted) throw new KernelError(what, code);
}

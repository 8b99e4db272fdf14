import type { Draft } from "../draft.js";
import type { Complaint } from "../problem.js";
import { checkAddresses } from "./addresses.js";
import { checkChecks } from "./checks.js";
import { warnOfInertKeys } from "./inert.js";
import { checkKinds } from "./kinds.js";
import { checkListeners } from "./listeners.js";
import { checkNames } from "./names.js";
import { checkNodes } from "./nodes.js";
import { checkPersistence } from "./persistence.js";
import type { Complain, Rule } from "./rule.js";
import { checkServers } from "./servers.js";
import { checkTracks } from "./tracks.js";
import { checkVrrp } from "./vrrp.js";
import { checkWitnesses } from "./witnesses.js";

const rules: readonly Rule[] = [
  checkNames,
  checkNodes,
  checkTracks,
  checkWitnesses,
  checkVrrp,
  checkAddresses,
  checkListeners,
  checkKinds,
  checkChecks,
  checkPersistence,
  checkServers,
  warnOfInertKeys,
];

/** Everything that parts of a document say against each other. */
export function checkRules(draft: Draft): readonly Complaint[] {
  const complaints: Complaint[] = [];
  const complain: Complain = (path, message, aim = "value", severity = "error") => {
    complaints.push({ path, aim, message, severity });
  };
  for (const rule of rules) rule(draft, complain);
  return complaints;
}

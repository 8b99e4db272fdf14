import type { Command } from "commander";

/** Commands that take the name of a server, which the daemon knows. */
const serverCommands = ["drain", "disable", "enable", "why", "connections"];

/** A bash script that completes what the program itself declares. */
export function completionScript(program: Command): string {
  const commands = program.commands.map((command) => command.name());
  const cases = program.commands.map((command) => `    ${command.name()}) words="${wordsOf(command).join(" ")}" ;;`);
  return `_vipair() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command="" word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in ${commands.join("|")}) command="$word"; break ;; esac
  done
  case "$command" in
    "") words="${[...commands, ...optionsOf(program)].join(" ")}" ;;
${cases.join("\n")}
  esac
  case "$command" in ${serverCommands.join("|")}) words="$words $(vipair servers --names 2>/dev/null)" ;; esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _vipair vipair
`;
}

function wordsOf(command: Command): string[] {
  const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? []);
  return [...command.commands.map((child) => child.name()), ...choices, ...optionsOf(command), "--json"];
}

const optionsOf = (command: Command): string[] => command.options.flatMap(({ long }) => (long == null ? [] : [long]));

import type { Command } from 'commander';

/** A command as completions and the reference page see it. */
export interface Node {
  /** Words after the program's name; none for the program itself. */
  path: string[];
  description: string;
  usage: string;
  options: { short: string | null; long: string; flags: string; text: string; value: boolean }[];
  /** Words that its arguments may be; none where anything may stand, such as a file. */
  choices: string[];
  children: Node[];
  command: Command;
}

/** The command and all below it, in the order of the help. */
export function treeOf(command: Command, path: string[] = []): Node {
  const help = command.createHelp();
  const children = help.visibleCommands(command).filter((each) => each.name() !== 'help');
  return {
    path,
    description: command.description(),
    usage: command.usage(),
    options: help.visibleOptions(command).map((option) => ({
      short: option.short ?? null,
      long: option.long ?? option.flags,
      flags: option.flags,
      text: help.optionDescription(option),
      value: option.required || option.optional,
    })),
    choices: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    children: children.map((child) => treeOf(child, [...path, child.name()])),
    command,
  };
}

/** The node and all below it, parents first. */
export function flatten(node: Node): Node[] {
  return [node, ...node.children.flatMap(flatten)];
}

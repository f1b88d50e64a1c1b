// The little of a shell script that bootstrap commands need: words, quotes, line continuations, assigned variables.

/** The arguments of the first call of a command, by the end of its path; undefined if the script does not call it. */
export function argumentsOf(script: string, command: string): string[] | undefined {
  const variables = new Map<string, string>();
  for (const line of script.replaceAll("\\\n", " ").split("\n")) {
    const words = wordsOf(line, variables);
    while (words.length > 0) {
      const assignment = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(words[0]!);
      if (!assignment && words[0] !== "export") break;
      if (assignment) variables.set(assignment[1]!, assignment[2]!);
      words.shift();
    }
    if (words.length > 0 && /^(sudo|exec|bash|sh)$/.test(words[0]!)) words.shift();
    if (words[0]?.endsWith(command)) return words.slice(1);
  }
  return undefined;
}

/** Words of one line; a comment ends it. Unknown variables are empty. */
function wordsOf(line: string, variables: ReadonlyMap<string, string>): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (quote !== "'" && char === "$") {
      const name = /^\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/.exec(line.slice(i));
      if (name) {
        word = (word ?? "") + (variables.get(name[1] ?? name[2]!) ?? "");
        i += name[0].length - 1;
        continue;
      }
    }
    if (quote !== "" && char === quote) quote = "";
    else if (quote === "" && (char === "'" || char === '"')) {
      quote = char;
      word ??= "";
    } else if (quote !== "'" && char === "\\" && i + 1 < line.length) word = (word ?? "") + line[++i];
    else if (quote === "" && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (quote === "" && char === "#" && word === undefined) break;
    else if (quote === "" && (char === ";" || char === "|" || char === "&")) break;
    else word = (word ?? "") + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}

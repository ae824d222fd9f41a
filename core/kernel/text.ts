/** Text of other people's files in one line: control characters could forge the lines of a terminal or the commands of a runner. */
export function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}

/** The text with shared access signatures and the given secrets taken out, for logs. */
export function redact(text: string, secrets: readonly string[]): string {
  const plain = secrets
    .filter((secret) => secret !== '')
    .reduce((rest, secret) => rest.replaceAll(secret, 'REDACTED'), text);
  return plain
    .replace(/\b(sig)=[^&\s"'<>]+/gi, '$1=REDACTED')
    .replace(/\b(SharedKey\s+[^:\s]+:|Bearer\s+)[^\s"',}]+/gi, '$1REDACTED');
}

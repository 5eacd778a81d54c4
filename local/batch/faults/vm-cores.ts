/** Sizes whose number is not that of their cores: the D series before version 3. */
const exceptions: Record<string, number> = {
  d3: 4,
  d4: 8,
  d5: 16,
  d11: 2,
  d12: 4,
  d13: 8,
  d14: 16,
  d15: 20,
};

/** Cores of a VM size, read from its name: Standard_D2as_v5 has 2. Quotas are counted in them; 1 when the name has no number. */
export function coresOf(vmSize: string): number {
  const match = /^(?:standard|basic)_([a-z]+)(\d+)[a-z-]*\d*[a-z]*(?:_(v\d+))?/i.exec(vmSize);
  if (match === null) return 1;
  const [, family = '', number = '1', version = 'v1'] = match;
  const early = /^ds?$/i.test(family) && /^v[12]$/i.test(version);
  return (early ? exceptions[`d${number}`] : undefined) ?? Number(number);
}

import { readFileSync } from 'node:fs';

/** Resident memory of each process of the stack, now and at its peak, in MB. */
export function memory(processes: { name: string; pid: number }[]): string[] {
  return processes.map(({ name, pid }) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const megabytes = (field: string): number =>
      Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
    return `memory of ${name.padEnd(35)} ${megabytes('VmRSS')} MB, peak ${megabytes('VmHWM')} MB`;
  });
}

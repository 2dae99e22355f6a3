import { readdirSync, readFileSync } from 'node:fs';

/** `/proc` counts CPU time in ticks of this length, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * CPU seconds, user and system, that a process and its descendants have used so far, those that ended included.
 * `null` where there is no `/proc` to read it from.
 */
export function cpuSecondsOf(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const all = pids.map((name) => statOf(Number(name))).filter((stat) => stat !== null);
  const root = all.find((stat) => stat.pid === pid);
  if (!root) throw new Error(`process ${pid} is gone: there is nothing to measure`);
  return ticksOf(root, all) / TICKS_PER_SECOND;
}

function ticksOf(root: Stat, all: readonly Stat[]): number {
  const children = all.filter((stat) => stat.parent === root.pid);
  return children.reduce((ticks, child) => ticks + ticksOf(child, all), root.ticks);
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** Its own time, and that of children that have ended and were waited for. */
  readonly ticks: number;
}

function statOf(pid: number): Stat | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the program's name in parentheses, may hold anything: count from its end (proc(5)).
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user = 0, system = 0, userOfChildren = 0, systemOfChildren = 0] = fields.slice(11, 15);
    return { pid, parent: fields[1] as number, ticks: user + system + userOfChildren + systemOfChildren };
  } catch {
    // It has ended meanwhile.
    return null;
  }
}

/** The most memory, in MB (10⁶ bytes), that a process has had resident since it began; `null` as above. */
export function peakMemoryOf(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kilobytes) * 1024) / 1e6;
}

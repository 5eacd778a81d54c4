import { writeSync } from 'node:fs';
import { Session, type Debugger } from 'node:inspector';
import { fileURLToPath } from 'node:url';
import { workerData } from 'node:worker_threads';
import type { BlockedBy } from './messages.ts';

// A thread beside the app's own. It sees what the app's thread cannot tell while it is blocked: that it
// is, by which function, and that the host has gone.

interface WatcherData {
  parent: number;
  beat: Int32Array;
  /** The file descriptor to report on. */
  reports: number;
  /** An expression that gives the running invocation, when evaluated where the app's thread stands. */
  runningExpression: string;
}

const { parent, beat, reports, runningExpression } = workerData as WatcherData;
const lookEvery = 250;
/** After so many looks without a beat the thread is held to be blocked. */
const blockedAfter = 3;

let lastBeat = -1;
let missed = 0;
let isBlocked = false;

setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
  const now = Atomics.load(beat, 0);
  missed = now === lastBeat ? missed + 1 : 0;
  lastBeat = now;
  if (missed === 0 && isBlocked) {
    isBlocked = false;
    report(null);
  } else if (missed === blockedAfter) {
    isBlocked = true;
    findBlocker(report);
  }
}, lookEvery);

function report(blocked: BlockedBy | null): void {
  writeSync(reports, `${JSON.stringify(blocked)}\n`);
}

/** Stops the app's thread for a moment, to see where it stands and in which invocation. */
function findBlocker(found: (blocked: BlockedBy) => void): void {
  const session = new Session();
  const give = (blocked: BlockedBy): void => {
    clearTimeout(late);
    session.disconnect();
    found(blocked);
  };
  // A thread that waits in native code does not stop.
  const late = setTimeout(() => give({}), 1_000);
  session.connectToMainThread();
  const files = new Map<string, string>();
  session.on('Debugger.scriptParsed', ({ params }) => files.set(params.scriptId, params.url));
  session.on('Debugger.paused', ({ params: { callFrames } }) => {
    const [frame] = callFrames;
    const at = frame && placeOf(frame, files);
    const question = {
      callFrameId: frame?.callFrameId ?? '',
      expression: runningExpression,
      returnByValue: true,
    };
    session.post('Debugger.evaluateOnCallFrame', question, (_error, answer?: Answer) => {
      session.post('Debugger.resume', () => give({ ...answer?.result.value, at }));
    });
  });
  session.post('Debugger.enable', () => session.post('Debugger.pause'));
}

type Answer = Debugger.EvaluateOnCallFrameReturnType;

function placeOf(frame: Debugger.CallFrame, files: Map<string, string>): string {
  const { scriptId, lineNumber } = frame.location;
  const url = files.get(scriptId) ?? '';
  const file = url.startsWith('file:') ? fileURLToPath(url) : url;
  return `${frame.functionName || 'a function'} (${file}:${lineNumber + 1})`;
}

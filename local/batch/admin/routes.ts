import type { Account, Node } from '../account.ts';
import { milliseconds } from '../faults/rules.ts';
import { armNodes, failNode, preemptNode, spoilNode } from '../pool/node-life.ts';
import { checkBody, flag, oneOf, someText } from '../validate/rules.ts';
import { readSimulation } from '../virtual/template.ts';
import type { VirtualClock } from '../virtual/virtual-clock.ts';
import { BatchError } from '../wire/errors.ts';
import type { Admin } from './admin.ts';

type Route = (admin: Admin, given: unknown) => Promise<object | undefined> | object | undefined;

/** The admin endpoints, by path and method. */
export const adminRoutes: Record<string, Record<string, Route>> = {
  '/_emulator/faults': {
    GET: ({ controls }) => Object(controls.faults.given),
    PUT: ({ controls, account }, given) => {
      controls.faults.set(given);
      const current = account();
      if (current !== undefined) armNodes(current);
      return Object(given);
    },
  },
  '/_emulator/tasks': {
    GET: ({ controls }) => Object(controls.simulationGiven ?? {}),
    PUT: ({ controls, account }, given) => {
      controls.simulation = readSimulation(given);
      controls.simulationGiven = given;
      account()?.schedule();
      return Object(given);
    },
  },
  '/_emulator/time': {
    GET: (admin) => timeOf(admin),
    PUT: setTime,
    POST: advance,
  },
  '/_emulator/nodes': { POST: befall },
};

function timeOf(admin: Admin): object {
  const { time } = admin.controls;
  return {
    now: new Date(requireAccount(admin).clock.now()).toISOString(),
    virtual: time !== undefined,
    ...(time !== undefined && {
      automatic: time.automatic,
      quiet: `PT${time.quietMilliseconds / 1000}S`,
    }),
  };
}

function setTime(admin: Admin, given: unknown): object {
  const clock = virtualClock(admin);
  const read = checkBody(given, { automatic: flag, quiet: milliseconds });
  Object.assign(admin.controls.time ?? {}, {
    ...(read.automatic !== undefined && { automatic: read.automatic }),
    ...(read.quiet !== undefined && { quietMilliseconds: read.quiet }),
  });
  clock.reconsider();
  return timeOf(admin);
}

async function advance(admin: Admin, given: unknown): Promise<object> {
  const read = checkBody(given, { 'advance!': milliseconds });
  await virtualClock(admin).advance(Number(read.advance));
  return timeOf(admin);
}

async function befall(admin: Admin, given: unknown): Promise<undefined> {
  const account = requireAccount(admin);
  const { poolId, nodeId, event } = checkBody(given, {
    'poolId!': someText,
    'nodeId!': someText,
    'event!': oneOf('preempt', 'fail', 'spoil'),
  });
  const node = findNode(account, String(poolId), String(nodeId));
  const happen = { preempt: preemptNode, fail: failNode, spoil: spoilNode }[
    event as 'preempt' | 'fail' | 'spoil'
  ];
  await account.clock.hold(happen(account, node));
}

function findNode(account: Account, poolId: string, nodeId: string): Node {
  const pool = account.pools.get(poolId.toLowerCase());
  if (pool === undefined) throw new BatchError('PoolNotFound');
  const node = pool.nodes.get(nodeId.toLowerCase());
  if (node === undefined) throw new BatchError('NodeNotFound');
  if (node.doc.state === 'idle' || node.doc.state === 'running') return node;
  throw new BatchError('OperationInvalidForCurrentState', {
    message: `The node is ${node.doc.state}; this happens to idle and running nodes only.`,
  });
}

function requireAccount({ account }: Admin): Account {
  const current = account();
  if (current === undefined) throw new BatchError('ServerBusy');
  return current;
}

function virtualClock(admin: Admin): VirtualClock {
  const { clock } = requireAccount(admin);
  if ('advance' in clock) return clock as VirtualClock;
  throw new BatchError('OperationInvalidForCurrentState', {
    message: 'Time here is real. Start the emulator with --virtual-time to move it.',
  });
}

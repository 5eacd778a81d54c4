import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';

/** The least that a server of tasks can do: parse, one transaction a request, answer. What the emulator adds is beside it. */
const database = new DatabaseSync(process.argv[2] ?? ':memory:');
database.exec('pragma locking_mode = exclusive; pragma journal_mode = wal;');
database.exec('pragma synchronous = normal;');
database.exec('create table tasks (job text, id text, spec text, primary key (job, id)) strict');
const insert = database.prepare('insert into tasks values (?, ?, ?)');

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { value } = JSON.parse(Buffer.concat(chunks).toString()) as { value: { id: string }[] };
    const job = (request.url ?? '').split('/')[2] ?? '';
    database.exec('begin');
    for (const task of value) insert.run(job, task.id, JSON.stringify(task));
    database.exec('commit');
    response.end(JSON.stringify({ value: value.map(({ id }) => ({ status: 'Success', id })) }));
  });
});
server.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.stdout.write(`${JSON.stringify({ url, account: 'bare', key: 'AAAA' })}\n`);
});
process.stdin.on('end', () => process.exit()).resume();

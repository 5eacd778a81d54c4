import net from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { choosePorts } from '../../../local/stack/ports.ts';

test('ports are free, all different, and kept when remembered', async () => {
  const ports = await choosePorts(undefined, undefined);
  expect(new Set(Object.values(ports)).size).toBe(5);
  expect(await choosePorts(ports, undefined)).toEqual(ports);
});

test('the port that the user asks for goes before the remembered one', async () => {
  const ports = await choosePorts(undefined, undefined);
  const { azurite: free } = await choosePorts(undefined, undefined);
  expect(await choosePorts(ports, free)).toEqual({ ...ports, host: free });
});

async function occupy(port: number) {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
}

test('a remembered port that stays taken is named, with what to do', async () => {
  const ports = await choosePorts(undefined, undefined);
  await occupy(ports.blob);
  const message = `Port ${ports.blob} (blob) on 127.0.0.1 is taken. This data folder must keep it`;
  await expect(choosePorts(ports, undefined)).rejects.toThrow(message);
});

test('the port that the user asked for and that is taken is named', async () => {
  const { host } = await choosePorts(undefined, undefined);
  await occupy(host);
  await expect(choosePorts(undefined, host)).rejects.toThrow('choose another port for the API');
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { httpApiPage } from '../../schema/http-api-page.ts';

test('the page about the HTTP API is the one that the routes make; npm run schema writes it', () => {
  expect(readFileSync('docs/http-api.md', 'utf8')).toBe(httpApiPage());
});

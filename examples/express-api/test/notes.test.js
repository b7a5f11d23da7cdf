'use strict';

const assert = require('node:assert');
const { after, before, test } = require('node:test');

const { createApp } = require('../src/app');

let server;
let base;

before(async () => {
  server = createApp().listen(0);
  await new Promise((resolve) => server.once('listening', resolve));
  base = `http://127.0.0.1:${server.address().port}`;
});

after(() => server.close());

test('health', async () => {
  assert.deepStrictEqual(await (await fetch(`${base}/healthz`)).json(), { status: 'ok' });
});

test('notes', async () => {
  const list = await (await fetch(`${base}/notes`)).json();
  assert.deepStrictEqual(
    list.map(({ id }) => id),
    [1, 2],
  );
  assert.strictEqual((await fetch(`${base}/notes/9`)).status, 404);
});

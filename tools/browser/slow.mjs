// 10,000 connections that send a byte a second, half of them within their headers and half within a form: whoever comes
// along meanwhile is served, and the forms that never end are given up after the 20 seconds that a body may take.

import { connect } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ORIGIN, Portal, counted, expect, pause } from './stage.mjs';

const CONNECTIONS = 10_000;
const AT_ONCE = 200;
const { hostname, port } = new URL(ORIGIN);

const HEADERS = 'GET /sign-in HTTP/1.1\r\nHost: portal\r\nX-Slow: ';
const FORM = 'POST /recovery/forgot-password HTTP/1.1\r\nHost: portal\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10000\r\n\r\nidentifier=';

function slow(begin) {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => { socket.write(begin); resolve(socket); });
    socket.answer = '';
    socket.on('data', (text) => { socket.answer += text; });
    socket.on('error', reject);
    socket.on('close', () => { socket.over = true; });
  });
}

async function open() {
  const sockets = [];
  while (sockets.length < CONNECTIONS) {
    const some = Array.from({ length: AT_ONCE }, (_, at) => slow(at % 2 ? HEADERS : FORM));
    sockets.push(...await Promise.all(some));
  }
  return sockets;
}

// A whole ask and a page, one after the other.
async function visit() {
  const page = await fetch(`${ORIGIN}/sign-in`);
  expect(page.status === 200, 'the page comes');
  const body = new URLSearchParams({ identifier: `somebody${counted.checks}` });
  const asked = await fetch(`${ORIGIN}/recovery/forgot-password`, { method: 'POST', body });
  expect(asked.status === 200, `an ask is taken: ${asked.status}`);
}

const data = mkdtempSync(join(tmpdir(), 'portal-'));
const portal = new Portal(data);
await portal.start();
try {
  const sockets = await open();
  const begun = Date.now();
  const forms = sockets.filter((_, at) => at % 2 === 0);
  let visits = 0;
  while (Date.now() - begun < 36_000) {
    for (const socket of sockets) if (!socket.over) socket.write('a');
    if (visits < 8) { await visit(); visits += 1; }
    await pause(1000);
  }
  expect(visits === 8, 'people came along meanwhile');
  const ended = forms.filter((socket) => socket.over || socket.answer.startsWith('HTTP/1.1 408')).length;
  expect(ended === forms.length, `every form was given up: ${ended} of ${forms.length}`);
  await visit();
  for (const socket of sockets) socket.destroy();
} finally {
  portal.process.kill('SIGKILL');
  rmSync(data, { recursive: true, force: true });
}
console.log(`${CONNECTIONS} slow connections, ${counted.checks} checks passed`);

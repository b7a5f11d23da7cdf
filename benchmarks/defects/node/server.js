'use strict';

const express = require('express');

const app = express();
app.get('/', (request, response) => response.json({ name: 'planted' }));
app.get('/healthz', (request, response) => response.send('ok'));
const server = app.listen(3000);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
